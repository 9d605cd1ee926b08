package io.backgroundqueue.inmemory;

import io.backgroundqueue.Time;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The server of it all: the topics, for any number of drivers. It decides by its own clock. What it holds is gone when
 * its last driver leaves. Thread-safe.
 */
final class Broker {
    private final Time time;
    private final Capacity capacity;
    private final Optional<Duration> retention;
    private final AtomicLong sequence = new AtomicLong();
    private final Map<String, TopicStore> topics = new ConcurrentHashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private int drivers;

    /** A broker that keeps dead letters until they are purged. */
    Broker(Time time, Capacity capacity) {
        this(time, capacity, Optional.empty());
    }

    /** @param retention how long dead letters are kept; empty for ever */
    Broker(Time time, Capacity capacity, Optional<Duration> retention) {
        this.time = time;
        this.capacity = capacity;
        this.retention = retention;
    }

    Time time() {
        return time;
    }

    Capacity capacity() {
        return capacity;
    }

    Optional<Duration> retention() {
        return retention;
    }

    TopicStore topic(String name) {
        return topics.computeIfAbsent(
                name, topic -> new TopicStore(time, capacity, retention, sequence::incrementAndGet));
    }

    /** The number that was given out last; all later ones are higher. */
    long lastNumber() {
        return sequence.get();
    }

    void join() {
        lock.lock();
        try {
            drivers++;
        } finally {
            lock.unlock();
        }
    }

    /** Ends one driver's stay; answers how many tasks are gone with it. */
    long leave() {
        lock.lock();
        try {
            drivers--;
            return drivers > 0 ? 0 : clear();
        } finally {
            lock.unlock();
        }
    }

    /** How many tasks would be gone if a driver left now. */
    long lostByLeaving() {
        lock.lock();
        try {
            return drivers > 1 ? 0 : capacity.tasks();
        } finally {
            lock.unlock();
        }
    }

    /** How long until time alone changes something in these topics; empty if it never will. */
    Optional<Duration> untilNextChange(Collection<String> names) {
        OptionalLong nanos = names.stream()
                .map(name -> topic(name).untilNextChange())
                .flatMapToLong(OptionalLong::stream)
                .min();
        return nanos.isEmpty() ? Optional.empty() : Optional.of(Duration.ofNanos(nanos.getAsLong()));
    }

    private long clear() {
        topics.clear();
        return capacity.clear();
    }
}
