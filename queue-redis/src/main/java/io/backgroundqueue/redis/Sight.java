package io.backgroundqueue.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * What one look at a topic saw.
 *
 * @param ready whether tasks are ready
 * @param untilDue the milliseconds until a task becomes due
 * @param untilEnd the milliseconds until a lease ends
 */
record Sight(boolean ready, OptionalLong untilDue, OptionalLong untilEnd) {
    private static final int TOPICS_PER_SCRIPT = 50;

    /** Looks at all of them, fifty in a round trip. */
    static List<Sight> of(List<TopicKeys> topics, RedisLink link, long deadlineNanos) {
        List<Sight> sights = new ArrayList<>(topics.size());
        for (int from = 0; from < topics.size(); from += TOPICS_PER_SCRIPT) {
            List<byte[]> keys = new ArrayList<>();
            topics.subList(from, Math.min(topics.size(), from + TOPICS_PER_SCRIPT))
                    .forEach(topic -> keys.addAll(topic.sights()));
            Object answer = link.eval(RedisScript.LOOK.call(keys, new ScriptArguments()), deadlineNanos);
            Replies.list(answer).forEach(seen -> sights.add(of(Replies.list(seen))));
        }
        return sights;
    }

    private static Sight of(List<?> seen) {
        return new Sight(Replies.number(seen.get(0)) == 1, Replies.millis(seen.get(1)), Replies.millis(seen.get(2)));
    }
}
