package io.backgroundqueue.testkit;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The books of a test: what was handed in, and what became of it. They balance when every accepted task was completed,
 * dead-lettered, expired, cancelled, purged or is still stored, and nothing came out that nobody handed in. A send of
 * unknown outcome may stand on either side. Tasks are told apart by a key: their id, or a payload that is unique.
 * Thread-safe.
 */
public final class Ledger {
    /** Where a task ended. */
    public enum End {
        COMPLETED,
        DEAD_LETTERED,
        EXPIRED,
        CANCELLED,
        PURGED,
        STORED
    }

    private static final int SHOWN = 10;

    private final ReentrantLock lock = new ReentrantLock();
    private final Set<String> accepted = new LinkedHashSet<>();
    private final Set<String> unknown = new LinkedHashSet<>();
    private final Map<End, Map<String, Integer>> ends = new EnumMap<>(End.class);

    /** Opens empty books. */
    public Ledger() {
        for (End end : End.values()) {
            ends.put(end, new HashMap<>());
        }
    }

    /** The producer holds a receipt. */
    public void accepted(String key) {
        locked(() -> accepted.add(key));
    }

    /** The producer does not know whether it was stored. */
    public void unknown(String key) {
        locked(() -> unknown.add(key));
    }

    /** A task ended so; told once per time it did. */
    public void ended(End end, String key) {
        locked(() -> counts(end).merge(key, 1, Integer::sum));
    }

    /** These tasks ended so; each is named as often as it did. */
    public void ended(End end, Collection<String> keys) {
        keys.forEach(key -> ended(end, key));
    }

    /** Everything that was accepted so far. */
    public List<String> acceptedKeys() {
        lock.lock();
        try {
            return List.copyOf(accepted);
        } finally {
            lock.unlock();
        }
    }

    /** The books as they stand. */
    public Balance balance() {
        lock.lock();
        try {
            return draw();
        } finally {
            lock.unlock();
        }
    }

    /** Fails with the keys in question if the books do not balance. */
    public Balance assertBalanced() {
        Balance balance = balance();
        if (!balance.balanced()) {
            throw new AssertionError("The ledger does not balance. " + balance);
        }
        return balance;
    }

    /**
     * What a ledger says.
     *
     * @param accepted how many tasks were accepted
     * @param unknown how many sends had an unknown outcome
     * @param unknownStored how many of those turned out to be stored
     * @param ends how many tasks ended where; each counts once, at the first that holds of {@link End}
     * @param lost accepted, and nowhere to be found
     * @param invented found, and never handed in
     * @param duplicates how many completions came on top of a task's first
     * @param twofold tasks with more than one end, such as completed and dead-lettered
     */
    public record Balance(
            int accepted,
            int unknown,
            int unknownStored,
            Map<End, Integer> ends,
            List<String> lost,
            List<String> invented,
            int duplicates,
            List<String> twofold) {
        /** Whether nothing was lost and nothing invented. */
        public boolean balanced() {
            return lost.isEmpty() && invented.isEmpty();
        }

        /** One line of numbers, with keys where something is wrong. */
        @Override
        public String toString() {
            StringBuilder text = new StringBuilder();
            text.append("accepted ").append(accepted);
            text.append(" + unknown but stored ")
                    .append(unknownStored)
                    .append(" of ")
                    .append(unknown);
            text.append(" = ");
            List<String> parts = new ArrayList<>();
            ends.forEach((end, count) -> parts.add(end.name().toLowerCase(java.util.Locale.ROOT) + " " + count));
            text.append(String.join(" + ", parts));
            text.append(", lost ").append(lost.size()).append(some(lost));
            text.append(", invented ").append(invented.size()).append(some(invented));
            text.append(", duplicates ").append(duplicates);
            text.append(", with two ends ").append(twofold.size()).append(some(twofold));
            return text.toString();
        }

        private static String some(List<String> keys) {
            return keys.isEmpty() ? "" : " " + keys.subList(0, Math.min(SHOWN, keys.size()));
        }
    }

    private Balance draw() {
        Map<String, Integer> endsOf = new TreeMap<>();
        Map<End, Integer> totals = new EnumMap<>(End.class);
        for (End end : End.values()) {
            int first = 0;
            for (String key : counts(end).keySet()) {
                first += endsOf.merge(key, 1, Integer::sum) == 1 ? 1 : 0;
            }
            totals.put(end, first);
        }
        int duplicates =
                counts(End.COMPLETED).values().stream().mapToInt(n -> n - 1).sum();
        return new Balance(
                accepted.size(),
                unknown.size(),
                (int) unknown.stream()
                        .filter(key -> endsOf.containsKey(key) && !accepted.contains(key))
                        .count(),
                totals,
                accepted.stream().filter(key -> !endsOf.containsKey(key)).toList(),
                endsOf.keySet().stream().filter(key -> !handedIn(key)).toList(),
                duplicates,
                endsOf.keySet().stream()
                        .filter(key -> endsOf.getOrDefault(key, 0) > 1)
                        .toList());
    }

    private boolean handedIn(String key) {
        return accepted.contains(key) || unknown.contains(key);
    }

    private Map<String, Integer> counts(End end) {
        return ends.computeIfAbsent(end, missing -> new HashMap<>());
    }

    private void locked(Runnable change) {
        lock.lock();
        try {
            change.run();
        } finally {
            lock.unlock();
        }
    }
}
