package io.backgroundqueue.redis;

import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Duty;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks now and then, a part at a time, for what should not be: tasks that are held without a lease, after somebody's
 * hand or a half restored backup. And forgets letters that were kept long enough.
 */
final class SweepDuty implements Duty {
    private static final Logger LOG = LoggerFactory.getLogger(SweepDuty.class);
    private static final Duration BETWEEN_ROUNDS = Duration.ofMinutes(1);
    private static final Duration BETWEEN_PARTS = Duration.ofMillis(200);
    private static final Duration CALL = Duration.ofSeconds(5);
    private static final int PART = 200;
    private static final String START = "0";

    private final RedisLink link;
    private final Time time;
    private final Optional<Duration> retention;
    private final Supplier<Collection<TopicKeys>> topics;
    private final Map<String, String> cursors = new HashMap<>();

    /** @param topics those that are consumed here */
    SweepDuty(RedisLink link, Time time, Optional<Duration> retention, Supplier<Collection<TopicKeys>> topics) {
        this.link = link;
        this.time = time;
        this.retention = retention;
        this.topics = topics;
    }

    @Override
    public String name() {
        return "sweep";
    }

    @Override
    public Duration turn() {
        boolean more = false;
        for (TopicKeys keys : topics.get()) {
            more |= sweep(keys);
            if (retention.isPresent()) {
                more |= DeadLetterRetention.expire(link, keys, retention.get(), time.deadline(CALL));
            }
        }
        return more ? BETWEEN_PARTS : BETWEEN_ROUNDS;
    }

    /** One part of one topic; whether there is more of it. */
    private boolean sweep(TopicKeys keys) {
        String cursor = cursors.getOrDefault(keys.wake(), START);
        ScriptArguments arguments = new ScriptArguments().text(cursor).number(PART);
        var answer = Replies.list(link.eval(RedisScript.SWEEP.call(keys.common(), arguments), time.deadline(CALL)));
        String next = Replies.text(answer.get(0));
        cursors.put(keys.wake(), next);
        long found = Replies.number(answer.get(1));
        if (found > 0) {
            LOG.warn(
                    "{} tasks of {} were held without a lease and are ready again: did somebody edit the keys?",
                    found,
                    keys);
        }
        return !next.equals(START);
    }
}
