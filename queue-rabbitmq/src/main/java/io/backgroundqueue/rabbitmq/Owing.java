package io.backgroundqueue.rabbitmq;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Which queues owe a confirm for so long that nobody waits for it any more. They get nothing until they have answered: else
 * each message for a queue without a leader would hold up those of all others, and be there twice at last. Thread-safe.
 */
final class Owing {
    private final ConcurrentMap<String, Integer> confirms = new ConcurrentHashMap<>();

    boolean isOwing(String queue) {
        return confirms.containsKey(queue);
    }

    void owes(String queue) {
        confirms.merge(queue, 1, Integer::sum);
    }

    void paid(String queue) {
        confirms.computeIfPresent(queue, (same, count) -> count == 1 ? null : count - 1);
    }
}
