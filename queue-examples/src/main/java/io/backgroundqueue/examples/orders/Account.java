package io.backgroundqueue.examples.orders;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.Feature;
import io.backgroundqueue.TopicStats;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * One topic from both sides: what the events told, and what the backend has.
 *
 * @param line by the events
 * @param stored how many tasks the backend holds, dead letters apart; absent where it cannot tell
 * @param letters ids of its dead letters; absent where it keeps none
 * @param before what it had when this process began
 */
record Account(LedgerLine line, Optional<Long> stored, Optional<Set<String>> letters, Stock before) {
    private static final int SHOWN = 3;

    /**
     * What a run that was killed has left on a topic.
     *
     * @param tasks how many tasks, dead letters apart
     * @param letters ids of the dead letters
     */
    record Stock(long tasks, Set<String> letters) {
        static final Stock NONE = new Stock(0, Set.of());

        static Stock of(String topic, BackgroundQueue queue) {
            return new Stock(
                    Account.stored(topic, queue).orElse(0L),
                    Account.letters(topic, queue).orElse(Set.of()));
        }
    }

    static Account of(LedgerLine line, BackgroundQueue queue, Stock before) {
        return new Account(line, stored(line.topic(), queue), letters(line.topic(), queue), before);
    }

    private static Optional<Long> stored(String topic, BackgroundQueue queue) {
        if (!queue.capabilities().has(Feature.STATS)) {
            return Optional.empty();
        }
        TopicStats stats = queue.admin().stats(topic);
        return stats.ready().isEmpty()
                ? Optional.empty()
                : Optional.of(stats.ready().getAsLong()
                        + stats.delayed().orElse(0)
                        + stats.running().orElse(0));
    }

    private static Optional<Set<String>> letters(String topic, BackgroundQueue queue) {
        if (!queue.capabilities().has(Feature.DEAD_LETTERS)) {
            return Optional.empty();
        }
        return Optional.of(queue.admin().listDeadLetters(topic, 1_000).stream()
                .map(DeadLetter::id)
                .collect(Collectors.toCollection(TreeSet::new)));
    }

    /** Where the two sides differ: empty if taken over + accepted = completed + dead-lettered + expired + still stored. */
    List<String> differences() {
        List<String> differences = new ArrayList<>();
        long found = line.completed() + line.dead().size() + line.expired() + stored.orElse(0L);
        if (before.tasks() + line.accepted() != found) {
            String left = before.tasks() > 0 ? before.tasks() + " taken over + " : "";
            differences.add(line.topic() + ": " + left + line.accepted() + " accepted, but " + line.completed()
                    + " completed + " + line.dead().size() + " dead-lettered + " + line.expired() + " expired + "
                    + stored.orElse(0L) + " still stored = " + found + ". No end was told of " + some(line.open()));
        }
        Set<String> told = new TreeSet<>(line.dead().keySet());
        told.addAll(before.letters());
        if (letters.isPresent() && !letters.get().equals(told)) {
            differences.add(line.topic() + ": the events told of the dead letters " + some(told)
                    + ", and the backend holds " + some(letters.get()));
        }
        if (!line.failed().isEmpty()) {
            differences.add(line.topic() + ": " + line.failed().size() + " enqueues failed, the first one with: "
                    + line.failed().get(0));
        }
        return differences;
    }

    private static String some(Set<String> ids) {
        String first = ids.stream().sorted().limit(SHOWN).collect(Collectors.joining(", "));
        return ids.isEmpty() ? "none" : ids.size() > SHOWN ? first + " and " + (ids.size() - SHOWN) + " more" : first;
    }
}
