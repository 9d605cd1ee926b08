package io.backgroundqueue.internal;

import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.EnqueueReceipt.Status;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.SendResult;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A task on its way to the backend, and the caller who waits for the answer. Guarded by the batcher's lock. */
final class PendingSend {
    enum State {
        WAITING,
        SENDING,
        ANSWERED
    }

    final Envelope envelope;
    final long begunNanos;
    final long deadlineNanos;
    final CompletableFuture<EnqueueReceipt> answer = new CompletableFuture<>();

    State state = State.WAITING;
    boolean mayBeStored;
    boolean withDriver;
    boolean claimed;
    int failures;
    long retryAtNanos;
    private @Nullable Exception lastError;
    private ErrorClass lastClass = ErrorClass.TRANSIENT;

    PendingSend(Envelope envelope, long begunNanos, long deadlineNanos) {
        this.envelope = envelope;
        this.begunNanos = begunNanos;
        this.deadlineNanos = deadlineNanos;
    }

    int bytes() {
        return envelope.payload().size();
    }

    EnqueueReceipt accepted(Optional<String> position) {
        return new EnqueueReceipt(
                envelope.taskId(),
                envelope.topic(),
                Status.ACCEPTED,
                Optional.empty(),
                envelope.enqueuedAt(),
                position);
    }

    EnqueueReceipt duplicate(Optional<String> of) {
        return new EnqueueReceipt(
                envelope.taskId(), envelope.topic(), Status.DUPLICATE, of, envelope.enqueuedAt(), Optional.empty());
    }

    /** Notes a failed try; a later one may still succeed. */
    void failed(ErrorClass errorClass, Exception error) {
        failures++;
        withDriver = false;
        lastClass = errorClass;
        lastError = error;
        mayBeStored |= errorClass == ErrorClass.OUTCOME_UNKNOWN;
    }

    /** The error of a caller whose task the backend will not take, unless an earlier try may have stored it. */
    QueueException refused(SendResult.Failed failed) {
        if (mayBeStored) {
            return givenUp("to an earlier try");
        }
        String what = "Enqueueing task " + envelope.taskId() + " to '" + envelope.topic() + "'";
        return Errors.wrap(failed.errorClass(), what, failed.why(), envelope.taskId());
    }

    /** The error of a caller who waits no longer, for the reason that {@code ending} tells. */
    QueueException givenUp(String ending) {
        String task = "Task " + envelope.taskId() + " for '" + envelope.topic() + "'";
        String last = lastError == null ? "" : " The last error was: " + Errors.describe(lastError) + ".";
        Throwable cause = lastError == null ? null : Errors.clean(lastError);
        if (mayBeStored || withDriver) {
            return new QueueException(
                    Kind.OUTCOME_UNKNOWN,
                    task + " was sent, and no answer came " + ending + "." + last
                            + " It may be stored and run: look it up, or enqueue again if twice does no harm",
                    envelope.taskId(),
                    cause);
        }
        boolean full = lastClass == ErrorClass.THROTTLED;
        return new QueueException(
                full ? Kind.OVERLOADED : Kind.UNAVAILABLE,
                task + " could not be sent " + ending + " and was withdrawn." + last + " It is surely not stored: "
                        + (full ? "the backend is full, enqueue it later" : "enqueue it again"),
                envelope.taskId(),
                cause);
    }
}
