package io.backgroundqueue.inmemory;

import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.Time;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * A store in this process's memory. An entry is gone when its time to live has passed, measured by a clock that never
 * jumps; each call removes what has expired, so that no thread is needed, and costs O(log n). Thread-safe.
 */
public final class InMemoryKeyValueStore implements KeyValueStore {
    private static final int LONGEST_KEY = 512;
    private static final int LARGEST_VALUE = 64 << 10;

    private final Entries entries;
    private final Runnable afterClose;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** What one or more stores hold. */
    record Entries(Time time, ReentrantLock lock, ExpiringMap<String, String> map) {
        Entries(Time time) {
            this(time, new ReentrantLock(), new ExpiringMap<>());
        }
    }

    /** An empty store of its own. */
    public InMemoryKeyValueStore(Time time) {
        this(new Entries(time), () -> {});
    }

    InMemoryKeyValueStore(Entries entries, Runnable afterClose) {
        this.entries = entries;
        this.afterClose = afterClose;
    }

    @Override
    public Optional<String> get(String key) {
        return locked(key, map -> Optional.ofNullable(map.get(key)));
    }

    @Override
    public boolean putIfAbsent(String key, String value, Duration ttl) {
        check(value, ttl);
        return locked(key, map -> map.get(key) == null && put(map, key, value, ttl));
    }

    @Override
    public boolean compareAndSet(String key, String expected, String value, Duration ttl) {
        check(value, ttl);
        return locked(key, map -> expected.equals(map.get(key)) && put(map, key, value, ttl));
    }

    @Override
    public boolean compareAndDelete(String key, String expected) {
        return locked(key, map -> {
            boolean same = expected.equals(map.get(key));
            if (same) {
                map.remove(key);
            }
            return same;
        });
    }

    /** Ends this store. Its entries live on in the stores that share its name, if any are open. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            afterClose.run();
        }
    }

    private boolean put(ExpiringMap<String, String> map, String key, String value, Duration ttl) {
        map.put(key, value, entries.time().deadline(ttl));
        return true;
    }

    private <T> T locked(String key, Function<ExpiringMap<String, String>, T> operation) {
        if (closed.get()) {
            throw new QueueException(
                    QueueException.Kind.CLOSED, "This in-memory store is closed. Open another one to go on");
        }
        if (key.isEmpty() || key.length() > LONGEST_KEY) {
            throw QueueException.invalid("A key has " + key.length() + " characters. It must have 1 to " + LONGEST_KEY);
        }
        entries.lock().lock();
        try {
            entries.map().expire(entries.time().nanos());
            return operation.apply(entries.map());
        } finally {
            entries.lock().unlock();
        }
    }

    private static void check(String value, Duration ttl) {
        int bytes = value.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > LARGEST_VALUE) {
            throw new QueueException(
                    QueueException.Kind.TOO_LARGE,
                    "A value has " + bytes + " bytes. It must have at most " + LARGEST_VALUE);
        }
        if (ttl.isZero() || ttl.isNegative()) {
            throw QueueException.invalid("The time to live is " + ttl + ". It must be longer than 0");
        }
    }
}
