package io.backgroundqueue;

/**
 * What a worker does with a task. Runs on several threads at once when the concurrency is above 1.
 *
 * <p>Delivery is at-least-once: a worker may die after its work and before its answer was stored, and then the task runs
 * again. Make the effect repeatable, or wrap it in {@link Idempotency}.
 *
 * @param <T> the payload's type
 */
@FunctionalInterface
public interface BackgroundTaskHandler<T> {
    /**
     * Does the work. Returning completes the task. Any exception or {@code Error} is a failed attempt, retried by the
     * worker's {@link RetryPolicy}, except {@link RetryLaterException} (later, not an attempt) and {@link
     * NonRetryableException} (dead letter now). A handler is interrupted when its timeout passes or when the grace time
     * of a shutdown is over; it should then end soon.
     */
    void handle(BackgroundTask<T> task) throws Exception;
}
