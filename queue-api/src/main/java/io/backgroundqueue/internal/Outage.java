package io.backgroundqueue.internal;

import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.Time;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Paces the turns of one duty while the backend fails, and says so once at the beginning and once at the end. */
final class Outage {
    private static final Logger LOG = LoggerFactory.getLogger(Outage.class);
    private static final Duration FIRST = Duration.ofMillis(50);
    static final Duration LONGEST = Duration.ofSeconds(2);

    private final String topic;
    private final String part;
    private final Time time;
    private final Events events;
    private int failures;
    private long since;

    Outage(String topic, String part, Time time, Events events) {
        this.topic = topic;
        this.part = part;
        this.time = time;
        this.events = events;
    }

    /** Another turn failed; answers the pause before the next. */
    Duration failed(Throwable cause) {
        if (failures++ == 0) {
            since = time.nanos();
            LOG.warn("{} of '{}' failed; it is tried again until it works", part, topic, Errors.clean(cause));
            events.on(new TaskEvent.BackendLost(topic, part, Errors.clean(cause)));
        }
        Duration pause = FIRST.multipliedBy(1L << Math.min(failures - 1, 6));
        return pause.compareTo(LONGEST) < 0 ? pause : LONGEST;
    }

    /** A turn went well. */
    void over() {
        if (failures > 0) {
            failures = 0;
            Duration lasted = Duration.ofNanos(time.nanos() - since);
            LOG.info("{} of '{}' works again after {}", part, topic, lasted);
            events.on(new TaskEvent.BackendBack(topic, part, lasted));
        }
    }
}
