package io.backgroundqueue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Predicate;

/**
 * What an operator does with a queue. Thread-safe; every call talks to the backend. What a backend cannot do is refused
 * with {@link QueueException.Kind#UNSUPPORTED}.
 */
public interface QueueAdmin {
    /** How the topic stands now. */
    TopicStats stats(String topic);

    /** A walk through the dead letters, oldest first; close it. */
    DeadLetters deadLetters(String topic);

    /**
     * Withdraws a task that no worker holds, and frees its deduplication id.
     *
     * @return true if it will not run; false if it is unknown, has ended, or a worker holds it
     */
    boolean cancel(String topic, String taskId);

    /**
     * Deletes all waiting tasks, or all dead letters, of a topic.
     *
     * @return how many
     */
    long purge(String topic, Scope scope);

    /**
     * Whether the backend answers and is set up as needed, for a readiness probe.
     *
     * @throws QueueException if not, with what is wrong
     */
    void check();

    /** Replays every dead letter that {@code choice} accepts and that was there when the call began. */
    default long replayDeadLetters(String topic, Predicate<DeadLetter> choice) {
        return forEachPage(topic, choice, DeadLetters::replay);
    }

    /** Deletes every dead letter that {@code choice} accepts. */
    default long purgeDeadLetters(String topic, Predicate<DeadLetter> choice) {
        return forEachPage(topic, choice, DeadLetters::purge);
    }

    /** The oldest dead letters, at most {@code max}. */
    default List<DeadLetter> listDeadLetters(String topic, int max) {
        List<DeadLetter> all = new ArrayList<>();
        try (DeadLetters walk = deadLetters(topic)) {
            boolean more = true;
            while (more && all.size() < max) {
                more = all.addAll(walk.next(max - all.size()));
            }
        }
        return all;
    }

    /** The dead letter of a task, if it is there. Reads them all where the backend has no index. */
    default Optional<DeadLetter> findDeadLetter(String topic, String taskId) {
        try (DeadLetters walk = deadLetters(topic)) {
            List<DeadLetter> page = walk.next(100);
            while (!page.isEmpty()) {
                for (DeadLetter letter : page) {
                    if (letter.id().equals(taskId)) {
                        return Optional.of(letter);
                    }
                }
                page = walk.next(100);
            }
        }
        return Optional.empty();
    }

    private long forEachPage(
            String topic, Predicate<DeadLetter> choice, BiFunction<DeadLetters, List<DeadLetter>, Integer> action) {
        long done = 0;
        try (DeadLetters walk = deadLetters(topic)) {
            List<DeadLetter> page = walk.next(100);
            while (!page.isEmpty()) {
                done += action.apply(walk, page.stream().filter(choice).toList());
                page = walk.next(100);
            }
        }
        return done;
    }
}
