package io.backgroundqueue.inmemory;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A map that forgets each entry at its deadline, when it is told the time. Not thread-safe. */
final class ExpiringMap<K, V> {
    private record Entry<K, V>(K key, V value, long deadline, long number) {}

    /** Distances and not values, as in {@link StoredTask#BY_DUE}. */
    private final TreeSet<Entry<K, V>> byDeadline =
            new TreeSet<>(((Comparator<Entry<K, V>>) (a, b) -> Long.compare(a.deadline - b.deadline, 0))
                    .thenComparingLong(Entry::number));

    private final Map<K, Entry<K, V>> byKey = new HashMap<>();
    private long numbers;

    /** Forgets what has reached its deadline. To be called before anything else is asked. */
    void expire(long nanos) {
        while (!byDeadline.isEmpty() && byDeadline.first().deadline - nanos <= 0) {
            Entry<K, V> expired = byDeadline.first();
            byDeadline.remove(expired);
            byKey.remove(expired.key, expired);
        }
    }

    @Nullable
    V get(K key) {
        Entry<K, V> entry = byKey.get(key);
        return entry == null ? null : entry.value;
    }

    void put(K key, V value, long deadline) {
        remove(key);
        Entry<K, V> entry = new Entry<>(key, value, deadline, numbers++);
        byKey.put(key, entry);
        byDeadline.add(entry);
    }

    void remove(K key) {
        Entry<K, V> entry = byKey.remove(key);
        if (entry != null) {
            byDeadline.remove(entry);
        }
    }

    int size() {
        return byKey.size();
    }
}
