package io.backgroundqueue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A small store with expiry and compare-and-set, for what a broker cannot look up: deduplication, idempotency, status.
 * Thread-safe. Keys have 1 to 512 characters. Values are text up to 64 KiB. Every call is atomic for its key; an entry
 * is gone once its time to live has passed, by the store's clock. Failures are {@link QueueException}s of kind
 * UNAVAILABLE.
 */
public interface KeyValueStore extends AutoCloseable {
    /** The value of {@code key}, if there is one. */
    Optional<String> get(String key);

    /** Stores {@code value} if the key has none; false if it has. */
    boolean putIfAbsent(String key, String value, Duration ttl);

    /** Replaces {@code expected} by {@code value} with a new time to live; false if the value is another or none. */
    boolean compareAndSet(String key, String expected, String value, Duration ttl);

    /** Removes the key if its value is {@code expected}; false if it is another or none. */
    boolean compareAndDelete(String key, String expected);

    /** Ends the store's connections. */
    @Override
    void close();

    /**
     * One write of a batch.
     *
     * @param key the key
     * @param value the new value
     * @param ttl how long it lives
     */
    record Put(String key, String value, Duration ttl) {}

    /**
     * One conditional change of a batch.
     *
     * @param key the key
     * @param expected the value that must be there
     * @param value the new value
     * @param ttl how long it lives
     */
    record Swap(String key, String expected, String value, Duration ttl) {}

    /** {@link #get} of many keys, answers in order; a store with batches overrides it. */
    default List<Optional<String>> getAll(List<String> keys) {
        return keys.stream().map(this::get).toList();
    }

    /** {@link #putIfAbsent} of many entries, answers in order; a store with batches overrides it. */
    default List<Boolean> putAllIfAbsent(List<Put> puts) {
        List<Boolean> stored = new ArrayList<>(puts.size());
        puts.forEach(put -> stored.add(putIfAbsent(put.key(), put.value(), put.ttl())));
        return stored;
    }

    /** {@link #compareAndSet} of many entries, answers in order; a store with batches overrides it. */
    default List<Boolean> compareAndSetAll(List<Swap> swaps) {
        List<Boolean> changed = new ArrayList<>(swaps.size());
        swaps.forEach(swap -> changed.add(compareAndSet(swap.key(), swap.expected(), swap.value(), swap.ttl())));
        return changed;
    }
}
