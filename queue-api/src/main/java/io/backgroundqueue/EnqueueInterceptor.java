package io.backgroundqueue;

/**
 * Looks at every task on its way out, on the thread that enqueues: adds trace headers, fills options, checks a schema.
 * Thread-safe. An exception fails the enqueue: a {@link QueueException} as it is, any other as kind INVALID.
 */
@FunctionalInterface
public interface EnqueueInterceptor {
    /** Answers the request to go on with; the same, or one with other options or payload. */
    <T> EnqueueRequest<T> intercept(EnqueueRequest<T> request) throws Exception;
}
