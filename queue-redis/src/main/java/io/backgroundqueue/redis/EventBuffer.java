package io.backgroundqueue.redis;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.LaneBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The events of one topic that have arrived and wait for a handler. Bounded: what is too much pushes out the oldest, and
 * the log says so. One thread adds; any may take. Thread-safe.
 */
final class EventBuffer {
    private static final Logger LOG = LoggerFactory.getLogger(EventBuffer.class);
    private static final Duration BETWEEN_WARNINGS = Duration.ofMinutes(1);

    private final String topic;
    private final int mostEvents;
    private final long mostBytes;
    private final Time time;
    private final LaneBuffer<Event> events;
    private final AtomicLong bytes = new AtomicLong();
    private long dropped;
    private long nextWarning;

    EventBuffer(String topic, int mostEvents, long mostBytes, Time time) {
        this.topic = topic;
        this.mostEvents = mostEvents;
        this.mostBytes = mostBytes;
        this.time = time;
        this.events = new LaneBuffer<>(1, time);
        this.nextWarning = time.nanos();
    }

    /**
     * An event as it arrived.
     *
     * @param bytes everything there is
     * @param arrived when, by this process's clock
     */
    record Event(Bytes bytes, Instant arrived) {}

    /** Adds an event that has just arrived. */
    void add(Bytes event) throws InterruptedException {
        while (events.size() > 0 && (events.size() >= mostEvents || bytes.get() + event.size() > mostBytes)) {
            dropOldest();
        }
        bytes.addAndGet(event.size());
        events.add(0, new Event(event, time.now()));
    }

    /** Takes at most {@code max} events and {@code maxBytes}, at least one if there is one. */
    List<Event> take(int max, int maxBytes, Duration wait) throws InterruptedException {
        List<Event> polled = events.poll(max, wait);
        List<Event> taken = new ArrayList<>(polled.size());
        long size = 0;
        for (Event event : polled) {
            size += event.bytes.size();
            if (!taken.isEmpty() && size > maxBytes) {
                break;
            }
            taken.add(event);
            bytes.addAndGet(-event.bytes.size());
        }
        for (int i = polled.size() - 1; i >= taken.size(); i--) {
            events.addFirst(0, polled.get(i));
        }
        return taken;
    }

    /** Puts back what was taken and did not run. */
    void giveBack(Event event) {
        bytes.addAndGet(event.bytes.size());
        events.addFirst(0, event);
    }

    /** Makes a waiting {@link #take} return. */
    void wake() {
        events.wake();
    }

    /** How many events wait. */
    int size() {
        return events.size();
    }

    private void dropOldest() throws InterruptedException {
        for (Event oldest : events.poll(1, Duration.ZERO)) {
            bytes.addAndGet(-oldest.bytes.size());
            dropped++;
        }
        if (time.nanos() - nextWarning >= 0) {
            nextWarning = time.deadline(BETWEEN_WARNINGS);
            LOG.warn(
                    "Events of '{}' arrive faster than their handlers run: {} were dropped so far, the oldest first."
                            + " Raise the concurrency of the worker, or the buffer",
                    topic,
                    dropped);
        }
    }
}
