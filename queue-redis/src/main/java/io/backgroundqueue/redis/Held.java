package io.backgroundqueue.redis;

import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Delivery;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Which deliveries of a receiver are out, as far as it can know: until settled, or until the lease is over. Thread-safe. */
final class Held {
    private final Time time;
    private final Duration lease;
    private final Map<RedisLease, Long> ends = new ConcurrentHashMap<>();

    Held(Time time, Duration lease) {
        this.time = time;
        this.lease = lease;
    }

    /** @param since when they were asked for, or renewed */
    void add(Collection<? extends Delivery> deliveries, long since) {
        deliveries.forEach(delivery -> ends.put((RedisLease) delivery.lease(), since + lease.toNanos()));
    }

    void remove(RedisLease one) {
        ends.remove(one);
    }

    int count() {
        long now = time.nanos();
        ends.values().removeIf(end -> now - end >= 0);
        return ends.size();
    }
}
