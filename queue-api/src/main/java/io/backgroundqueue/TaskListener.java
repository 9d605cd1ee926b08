package io.backgroundqueue;

/**
 * Is told what happens, for metrics, logs and alerts. Called on the engine's threads: be quick, and thread-safe. What it
 * throws is logged and ignored.
 */
@FunctionalInterface
public interface TaskListener {
    /** Listens to nothing. */
    TaskListener NONE = event -> {};

    /** Something happened. */
    void on(TaskEvent event);
}
