package io.backgroundqueue;

/**
 * Stands around every run of a handler, on the handler's thread: tracing, logging context, transactions. Thread-safe. It
 * must call {@code next} or throw; what it throws counts as the handler's exception.
 */
@FunctionalInterface
public interface TaskInterceptor {
    /** The rest of the way: further interceptors, then the handler. */
    @FunctionalInterface
    interface Chain {
        /** Goes on. */
        void proceed() throws Exception;
    }

    /** Runs {@code next}, with whatever has to happen before and after it. */
    void around(BackgroundTask<?> task, Chain next) throws Exception;
}
