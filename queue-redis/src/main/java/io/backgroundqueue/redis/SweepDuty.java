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
    /** The topics whose round is not over, and where their next part begins. */
    private final Map<TopicKeys, String> cursors = new HashMap<>();

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
        if (cursors.isEmpty()) {
            topics.get().forEach(keys -> cursors.put(keys, START));
        }
        cursors.entrySet().removeIf(topic -> {
            topic.setValue(sweep(topic.getKey(), topic.getValue()));
            return !expire(topic.getKey()) && topic.getValue().equals(START);
        });
        return cursors.isEmpty() ? BETWEEN_ROUNDS : BETWEEN_PARTS;
    }

    private boolean expire(TopicKeys keys) {
        return retention.isPresent() && DeadLetterRetention.expire(link, keys, retention.get(), time.deadline(CALL));
    }

    /** One part of one topic; where the next begins. */
    private String sweep(TopicKeys keys, String cursor) {
        ScriptArguments arguments = new ScriptArguments().text(cursor).number(PART);
        var answer = Replies.list(link.eval(RedisScript.SWEEP.call(keys.common(), arguments), time.deadline(CALL)));
        String next = Replies.text(answer.get(0));
        long found = Replies.number(answer.get(1));
        if (found > 0) {
            LOG.warn(
                    "{} tasks of {} were held without a lease and are ready again: did somebody edit the keys?",
                    found,
                    keys);
        }
        return next;
    }
}
