package io.backgroundqueue;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** What a {@link TaskListener} is told. Verdicts are told after the backend has taken them. */
public sealed interface TaskEvent {
    /** The topic it is about. */
    String topic();

    /**
     * The backend answered an enqueue, with acceptance or as a duplicate.
     *
     * @param took from the call to the answer
     */
    record Enqueued(String topic, EnqueueReceipt receipt, Duration took) implements TaskEvent {}

    /** An enqueue failed. */
    record EnqueueFailed(String topic, QueueException error) implements TaskEvent {}

    /** A hook could not make its payload, or its task could not be enqueued; the host application saw nothing. */
    record HookFailed(String topic, Throwable error) implements TaskEvent {}

    /**
     * A handler starts.
     *
     * @param waited how long after it was due
     */
    record Started(String topic, String taskId, int attempt, Duration waited) implements TaskEvent {}

    /**
     * A task is done.
     *
     * @param ran how long the handler ran
     */
    record Completed(String topic, String taskId, int attempt, Duration ran) implements TaskEvent {}

    /**
     * A run failed and the task waits for the next.
     *
     * @param attempt the attempt that failed
     * @param nextStart not before this, by this process's clock
     */
    record RetryScheduled(String topic, String taskId, int attempt, Throwable cause, Instant nextStart, Duration ran)
            implements TaskEvent {}

    /** A handler asked for a later run, which costs no attempt. */
    record Postponed(String topic, String taskId, int attempt, Instant nextStart) implements TaskEvent {}

    /**
     * A task went to the dead letters.
     *
     * @param taskId its id, unless the backend held something that is no task
     */
    record DeadLettered(
            String topic, Optional<String> taskId, DeadReason reason, int attempt, Optional<Throwable> cause)
            implements TaskEvent {}

    /**
     * A task failed for good on a backend that keeps no dead letters: this event is all that is left of it.
     *
     * @param taskId its id, unless the backend held something that is no task
     */
    record Dropped(String topic, Optional<String> taskId, DeadReason reason, Throwable cause) implements TaskEvent {}

    /** A task was dropped because it did not start within its {@code expiresAfter} of {@code due}. */
    record Expired(String topic, String taskId, Instant due) implements TaskEvent {}

    /**
     * An earlier run ended without a verdict; the task backs off until {@code nextStart}.
     *
     * @param interruptions how many such runs there were, as far as the backend can count
     */
    record Interrupted(String topic, String taskId, int interruptions, Instant nextStart) implements TaskEvent {}

    /** This worker lost a task that it was running; whatever the run ended with was not stored. */
    record LeaseLost(String topic, String taskId) implements TaskEvent {}

    /** A task was given back before it had a verdict; nothing was charged to it. */
    record Released(String topic, String taskId) implements TaskEvent {}

    /** A handler did not answer its interrupt within ten seconds. Its thread is lost until it returns. */
    record Stuck(String topic, String taskId, Duration ran) implements TaskEvent {}

    /** A verdict could not be stored: it is tried again, or else the lease runs out and the task runs again. */
    record SettleFailed(String topic, String taskId, Throwable error, boolean triedAgain) implements TaskEvent {}

    /** A task was written by a newer version of this library, which is needed to run it; it was given back. */
    record TooNew(String topic, int version) implements TaskEvent {}

    /** Two tasks of one deduplication id may both run, because a confirmation came later than its claim lived. */
    record DeduplicationUncertain(String topic, String taskId, String deduplicationId) implements TaskEvent {}

    /**
     * A part of the engine cannot reach the backend and tries again for ever. Told once per outage.
     *
     * @param part what failed, such as {@code receive} or a duty's name
     */
    record BackendLost(String topic, String part, Throwable cause) implements TaskEvent {}

    /** The backend answers again. */
    record BackendBack(String topic, String part, Duration outage) implements TaskEvent {}
}
