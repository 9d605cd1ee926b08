package io.backgroundqueue;

import java.io.Serial;
import java.time.Duration;

/**
 * A handler's answer: not now, come back after {@link #delay()}. Costs no attempt: use it for rate limits and for
 * things that are not ready yet, not for failures. Where a task runs once, because the backend does not offer {@link
 * Feature#ATTEMPTS}, it is a failure like any other.
 */
public final class RetryLaterException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    private final Duration delay;

    /**
     * Run this task again, {@code delay} from now.
     *
     * @throws QueueException of kind INVALID if {@code delay} is negative
     */
    public RetryLaterException(Duration delay) {
        super("run again in " + delay);
        this.delay = Durations.notNegative("the delay of RetryLaterException", delay);
    }

    /** How long to wait, zero or more. */
    public Duration delay() {
        return delay;
    }
}
