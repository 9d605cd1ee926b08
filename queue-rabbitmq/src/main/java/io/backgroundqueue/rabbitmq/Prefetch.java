package io.backgroundqueue.rabbitmq;

import io.backgroundqueue.Time;
import io.backgroundqueue.spi.ReceiverOptions;
import java.time.Duration;

/**
 * How many unsettled messages a lane asks for. What it holds beyond what runs is hidden from idle workers, and what it
 * does not hold costs a round trip: so short tasks widen it, and tasks that wait here narrow it. Not thread-safe.
 */
final class Prefetch {
    /** What quorum queues take. */
    private static final int MOST = 2_000;

    private static final long MOST_BYTES = 64L << 20;

    /** A lane is fast if half of what it may hold goes out in this time: after it was widened there is no more to go out. */
    private static final Duration FAST = Duration.ofSeconds(1);

    /** How long a lane may stand at its limit, in case that an acknowledgement is on its way. */
    private static final Duration GRACE = Duration.ofMillis(50);

    private final Time time;
    private final int least;
    private final int most;
    private int size;
    private int handedOut;
    private long bytes;
    private long windowNanos;
    private long starvedNanos;
    private boolean starved;

    Prefetch(ReceiverOptions options, Time time) {
        this.time = time;
        this.least = Math.min(MOST, options.concurrency());
        this.most = options.prefetch().isPresent()
                ? (int) Math.min(
                        MOST, (long) options.concurrency() + options.prefetch().getAsInt())
                : MOST;
        this.size = least;
        this.windowNanos = time.nanos();
    }

    int size() {
        return size;
    }

    boolean isWide() {
        return size > least;
    }

    void narrow() {
        size = least;
    }

    /** Notes what was handed out. */
    void handedOut(int payload) {
        starved = false;
        handedOut++;
        bytes += payload;
    }

    /** The lane is at its limit with nothing to hand out, and {@code wanted} more are wanted: true if that helps. */
    boolean widen(int wanted) {
        long now = time.nanos();
        if (!starved) {
            starved = true;
            starvedNanos = now;
        }
        boolean fast = 2 * handedOut >= size && now - windowNanos < FAST.toNanos();
        if (!fast && now - starvedNanos < GRACE.toNanos()) {
            return false;
        }
        int next = Math.min(fast ? Math.max(2 * size, size + wanted) : size + wanted, affordable());
        boolean wider = next > size;
        size = Math.max(size, next);
        restart(now);
        return wider;
    }

    /** Begins another window, where the last one took too long to say anything. */
    void tick() {
        if (time.nanos() - windowNanos >= FAST.toNanos()) {
            restart(time.nanos());
        }
    }

    private int affordable() {
        long mean = bytes / Math.max(1, handedOut) + 1;
        return (int) Math.max(least, Math.min(most, MOST_BYTES / mean));
    }

    private void restart(long now) {
        windowNanos = now;
        handedOut = 0;
        bytes = 0;
    }
}
