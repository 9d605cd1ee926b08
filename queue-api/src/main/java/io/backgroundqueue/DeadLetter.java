package io.backgroundqueue;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A task that will not run any more unless somebody replays it.
 *
 * @param id the task's id; for something unreadable, an id the backend made for it
 * @param topic the topic it died on
 * @param reason why
 * @param error the last error, or what was wrong with it
 * @param failures how many runs had failed
 * @param interruptions how many runs had ended without a verdict
 * @param attempts how many runs were allowed to fail, where the producer said
 * @param priority its priority, 0 where unknown
 * @param enqueuedAt when it was made, where known
 * @param diedAt when it came here, where the backend keeps that
 * @param headers the producer's headers
 * @param payload the raw bytes, exactly as they were stored
 */
public record DeadLetter(
        String id,
        String topic,
        DeadReason reason,
        Optional<String> error,
        int failures,
        int interruptions,
        OptionalInt attempts,
        int priority,
        Optional<Instant> enqueuedAt,
        Optional<Instant> diedAt,
        Map<String, String> headers,
        Bytes payload) {

    /** Copies the headers. */
    public DeadLetter {
        headers = Map.copyOf(headers);
    }
}
