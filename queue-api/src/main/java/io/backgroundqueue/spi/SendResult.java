package io.backgroundqueue.spi;

import java.util.Optional;

/** What became of an {@link Envelope} that was sent. */
public sealed interface SendResult {
    /** Stored. */
    SendResult ACCEPTED = new Accepted(Optional.empty());

    /**
     * Stored.
     *
     * @param position where, where the backend has such a thing
     */
    record Accepted(Optional<String> position) implements SendResult {}

    /**
     * Not stored: its deduplication id was taken by another task.
     *
     * @param firstTaskId by which, where the backend knows
     */
    record Duplicate(Optional<String> firstTaskId) implements SendResult {}

    /**
     * It did not work.
     *
     * @param errorClass what the engine may do about it
     * @param why the client library's own error, not wrapped
     */
    record Failed(ErrorClass errorClass, Exception why) implements SendResult {}
}
