package io.backgroundqueue;

import java.time.Duration;

/** The handle of a consuming worker. Thread-safe. */
public interface Worker extends AutoCloseable {
    /** The topic it consumes. */
    String topic();

    /** Stops fetching and gives back what has not started; running handlers go on. Other workers are not affected. */
    void pause();

    /** Fetches again after {@link #pause()}. */
    void resume();

    /**
     * Stops fetching, gives back what has not started, waits up to {@code grace} for running handlers, interrupts the
     * rest, stores every answer and ends. Twice is harmless. The topic may then be consumed again.
     */
    ShutdownReport shutdown(Duration grace);

    /** {@link #shutdown(Duration)} with 30 seconds. */
    @Override
    default void close() {
        shutdown(BackgroundQueue.DEFAULT_GRACE);
    }
}
