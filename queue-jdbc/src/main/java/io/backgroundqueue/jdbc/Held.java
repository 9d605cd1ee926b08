package io.backgroundqueue.jdbc;

import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Delivery;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which deliveries of a receiver are out, and until when. The database knows one lease for all of them; one that nobody
 * renews is noticed here. Thread-safe.
 */
final class Held {
    private final Time time;
    private final Duration lease;
    private final Map<JdbcLease, Long> ends = new ConcurrentHashMap<>();

    Held(Time time, Duration lease) {
        this.time = time;
        this.lease = lease;
    }

    /** @param since when they were asked for */
    void add(Collection<? extends Delivery> deliveries, long since) {
        deliveries.forEach(delivery -> ends.put(Settler.lease(delivery), since + lease.toNanos()));
    }

    /** False if it is not out any more. */
    boolean renew(Delivery delivery, long since) {
        return ends.computeIfPresent(Settler.lease(delivery), (any, end) -> since + lease.toNanos()) != null;
    }

    void remove(JdbcLease one) {
        ends.remove(one);
    }

    void removeAllOf(long owner) {
        ends.keySet().removeIf(lease -> lease.owner() == owner);
    }

    /** Those that nobody has renewed. */
    List<JdbcLease> ended() {
        long now = time.nanos();
        return ends.entrySet().stream()
                .filter(entry -> now - entry.getValue() >= 0)
                .map(Map.Entry::getKey)
                .toList();
    }

    int count() {
        long now = time.nanos();
        return (int) ends.values().stream().filter(end -> now - end < 0).count();
    }
}
