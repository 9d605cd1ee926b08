package io.backgroundqueue;

import java.time.Instant;
import java.util.Map;

/**
 * One run of a task, as its handler sees it.
 *
 * @param <T> the payload's type
 */
public interface BackgroundTask<T> {
    /** The id that the receipt named; the same over all attempts and after a replay, so it serves as idempotency key. */
    String id();

    /** The topic it was enqueued to. */
    String topic();

    /** What the producer handed over. */
    T payload();

    /** The producer's headers, unchanged. */
    Map<String, String> headers();

    /** When the producer made it, by the producer's clock. */
    Instant enqueuedAt();

    /** Which attempt this is: 1 on the first run, 2 after one failure. Interruptions and "later" count nothing. */
    int attempt();

    /** How many runs may fail before the task goes to the dead letters. */
    default int maxAttempts() {
        return attempt();
    }

    /** How many earlier runs ended without a verdict because a worker died or lost its lease. */
    default int interruptions() {
        return 0;
    }

    /** Whether the task came back from the dead letters. */
    default boolean replayed() {
        return false;
    }

    /**
     * Whether this worker is known to have lost the task, so that another may be running it. A handler with costly
     * side effects asks before them. False does not prove that the lease still holds.
     */
    default boolean leaseLost() {
        return false;
    }
}
