package io.backgroundqueue;

import java.time.Duration;
import java.time.Instant;

/**
 * When a task may start. A relative start stays relative on its way, so that a broker with a clock of its own resolves
 * it there.
 */
public sealed interface Start {
    /** As soon as a worker is free. */
    record Now() implements Start {}

    /** Not before {@code delay} after the backend took the task. */
    record After(Duration delay) implements Start {}

    /** Not before {@code time}; a time in the past means now. */
    record At(Instant time) implements Start {}

    /** {@link Now}. */
    static Start now() {
        return new Now();
    }

    /** {@link After}, or {@link #now()} when {@code delay} is zero or negative. */
    static Start after(Duration delay) {
        return delay.isZero() || delay.isNegative() ? now() : new After(delay);
    }

    /** The first moment at which the task may start, on a clock that says {@code now}. */
    default Instant resolve(Instant now) {
        if (this instanceof After after) {
            return now.plus(after.delay());
        }
        return this instanceof At at && at.time().isAfter(now) ? at.time() : now;
    }
}
