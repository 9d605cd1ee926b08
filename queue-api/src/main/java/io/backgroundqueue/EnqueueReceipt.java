package io.backgroundqueue;

import java.time.Instant;
import java.util.Optional;

/**
 * What the backend answered: it has the task, or it has had one with the same deduplication id.
 *
 * @param taskId the id of this task (UUIDv7); of a duplicate, the id that was not stored
 * @param topic where it went
 * @param status whether it was stored
 * @param duplicateOf the task that was accepted before, where the backend knows it
 * @param enqueuedAt when it was made, by this process's clock
 * @param position where the backend put it, where it has such a thing (a partition and offset, a sequence number)
 */
public record EnqueueReceipt(
        String taskId,
        String topic,
        Status status,
        Optional<String> duplicateOf,
        Instant enqueuedAt,
        Optional<String> position) {

    /** Whether the task was stored. */
    public enum Status {
        /** Stored: it will run, or end where operators see it. */
        ACCEPTED,
        /** Not stored: a task with this deduplication id was accepted within the window. */
        DUPLICATE
    }

    /** Whether the task was refused as a duplicate. */
    public boolean duplicate() {
        return status == Status.DUPLICATE;
    }
}
