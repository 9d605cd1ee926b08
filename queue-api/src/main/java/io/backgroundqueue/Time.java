package io.backgroundqueue;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Where the engine and the drivers get the time from, and the one way in which they wait for it. Tests give a clock
 * they turn by hand. Thread-safe.
 */
public interface Time {
    /** The wall clock, for what is stored or shown. May jump. */
    Instant now();

    /** A clock that never goes back, in nanoseconds from an arbitrary start, for measuring and for deadlines. */
    long nanos();

    /**
     * Waits on {@code condition} until it is signalled or {@link #nanos()} reaches {@code deadlineNanos}.
     *
     * @param lock the lock of {@code condition}, held by the caller
     * @return false when the deadline has passed; true does not promise that anything happened, as with any condition
     */
    boolean await(ReentrantLock lock, Condition condition, long deadlineNanos) throws InterruptedException;

    /** The {@link #nanos()} value {@code duration} from now; a deadline beyond 100 years is cut to that. */
    default long deadline(Duration duration) {
        return nanos() + Math.min(nanosOf(duration), Long.MAX_VALUE / 4);
    }

    /** What is left until {@code deadlineNanos}, never negative. */
    default Duration until(long deadlineNanos) {
        return Duration.ofNanos(Math.max(0, deadlineNanos - nanos()));
    }

    /** The machine's clocks. */
    static Time system() {
        return SystemTime.INSTANCE;
    }

    private static long nanosOf(Duration duration) {
        return duration.toSeconds() > Long.MAX_VALUE / 4_000_000_000L ? Long.MAX_VALUE : duration.toNanos();
    }
}
