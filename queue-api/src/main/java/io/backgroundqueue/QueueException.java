package io.backgroundqueue;

import java.io.Serial;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can go wrong between an application and its queue. Act upon {@link #kind()}, not upon the message;
 * the message says what happened, why, and what to do, and never holds a secret.
 */
public final class QueueException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** What went wrong. */
    public enum Kind {
        /** An argument is wrong, or the payload cannot be encoded. Nothing was stored; do not repeat it unchanged. */
        INVALID,
        /** The payload, a header or an id is larger than the backend or the queue takes. Nothing was stored. */
        TOO_LARGE,
        /** The backend cannot do what was asked, and says so instead of ignoring it. Nothing was stored. */
        UNSUPPORTED,
        /** The backend could not be reached in time. Surely not stored; may be repeated. */
        UNAVAILABLE,
        /** The answer did not arrive: the task, whose id {@link #taskId()} tells, may be stored and may run. */
        OUTCOME_UNKNOWN,
        /** The queue or the backend is full. Not stored; repeat it later, or slow down. */
        OVERLOADED,
        /** The configuration asks for something the backend cannot keep, or the backend is set up wrongly. */
        MISCONFIGURED,
        /** The queue is closed. */
        CLOSED
    }

    private final Kind kind;
    private final @Nullable String taskId;

    /** An exception without a task. */
    public QueueException(Kind kind, String message) {
        this(kind, message, null, null);
    }

    /** An exception about one task. */
    public QueueException(Kind kind, String message, @Nullable String taskId, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.taskId = taskId;
    }

    /** What a program acts upon. */
    public Kind kind() {
        return kind;
    }

    /** The task it is about, where one had its id already. */
    public Optional<String> taskId() {
        return Optional.ofNullable(taskId);
    }

    /** An exception of kind {@link Kind#INVALID}. */
    public static QueueException invalid(String message) {
        return new QueueException(Kind.INVALID, message);
    }
}
