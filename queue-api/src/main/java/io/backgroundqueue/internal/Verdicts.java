package io.backgroundqueue.internal;

import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Feature;
import io.backgroundqueue.NonRetryableException;
import io.backgroundqueue.RetryLaterException;
import io.backgroundqueue.RetryPolicy;
import io.backgroundqueue.Start;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.PriorStarts;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** All arithmetic of attempts, interruptions, backoff and expiry: pure functions of a delivery and what happened to it. */
final class Verdicts {
    private static final int LONGEST_ERROR = 1_000;
    private static final Duration LONGEST_WAIT = Duration.ofDays(36_500);
    private static final Duration GIVE_BACK_PAUSE = Duration.ofSeconds(5);

    private final EngineContext context;
    private final WorkerSpec<?> spec;

    Verdicts(EngineContext context, WorkerSpec<?> spec) {
        this.context = context;
        this.spec = spec;
    }

    /** What ends a delivery before its handler is asked at all, if anything does. */
    Optional<Verdict> beforeRun(Delivery delivery) {
        if (delivery instanceof Delivery.Unreadable unreadable) {
            return Optional.of(unreadable(unreadable));
        }
        if (delivery instanceof Delivery.TooNew newer) {
            TaskEvent told = new TaskEvent.TooNew(spec.topic(), newer.version());
            return Optional.of(new Verdict(new Settlement.Release(newer), Optional.of(told), GIVE_BACK_PAUSE));
        }
        return beforeRun((Delivery.Task) delivery);
    }

    Verdict done(Delivery.Task task, Duration ran) {
        return Verdict.of(
                new Settlement.Ack(task), new TaskEvent.Completed(spec.topic(), id(task), attempt(task), ran));
    }

    Verdict released(Delivery delivery) {
        Optional<TaskEvent> told = delivery instanceof Delivery.Task task
                ? Optional.of(new TaskEvent.Released(spec.topic(), id(task)))
                : Optional.empty();
        return new Verdict(new Settlement.Release(delivery), told, Duration.ZERO);
    }

    Verdict undecodable(Delivery.Task task, Throwable cause) {
        return dead(task, counted(task, 0, 0, cause), DeadReason.UNDECODABLE, cause);
    }

    /** The handler threw {@code cause}, or ran out of time. */
    Verdict failed(Delivery.Task task, Throwable cause, Duration ran) {
        if (cause instanceof RetryLaterException later && mayRunAgain()) {
            Progress progress = counted(task, 1, 0, null);
            Instant next = context.time().now().plus(later.delay());
            return Verdict.of(
                    new Settlement.Later(task, progress, Start.after(later.delay())),
                    new TaskEvent.Postponed(spec.topic(), id(task), attempt(task), next));
        }
        Progress progress = counted(task, 1, 1, cause);
        if (cause instanceof NonRetryableException) {
            return dead(task, progress, DeadReason.NON_RETRYABLE, cause);
        }
        if (progress.failures() >= maxAttempts(task)) {
            return dead(task, progress, DeadReason.ATTEMPTS_EXHAUSTED, cause);
        }
        Optional<Duration> wait = backoff(spec.retryPolicy(), progress.failures(), cause);
        if (wait.isEmpty()) {
            return dead(task, progress, DeadReason.NON_RETRYABLE, cause);
        }
        Instant next = context.time().now().plus(wait.get());
        return Verdict.of(
                new Settlement.Later(task, progress, Start.after(wait.get())),
                new TaskEvent.RetryScheduled(spec.topic(), id(task), attempt(task), cause, next, ran));
    }

    int maxAttempts(Delivery.Task task) {
        return mayRunAgain() ? task.envelope().attempts().orElse(spec.attempts()) : 1;
    }

    /** Where a task runs once, whatever its handler throws is the end of it. */
    private boolean mayRunAgain() {
        return context.capabilities().has(Feature.ATTEMPTS);
    }

    private Optional<Verdict> beforeRun(Delivery.Task task) {
        Instant now = context.time().now();
        if (task.due().isAfter(now)) {
            return Optional.of(new Verdict(
                    new Settlement.Later(task, counted(task, 0, 0, null), new Start.At(task.due())),
                    Optional.empty(),
                    Duration.ZERO));
        }
        if (expired(task, now)) {
            return Optional.of(
                    Verdict.of(new Settlement.Ack(task), new TaskEvent.Expired(spec.topic(), id(task), task.due())));
        }
        int interruptions = task.progress().interruptions() + task.starts().count();
        if (interruptions > spec.maxInterruptions(task.starts())) {
            Throwable cause = new InterruptedException(interruptions + " runs ended without a verdict: the worker died,"
                    + " or lost the task. More than " + spec.maxInterruptions(task.starts()) + " are not borne");
            return Optional.of(dead(task, counted(task, 0, 0, cause), DeadReason.INTERRUPTED, cause));
        }
        return surelyInterrupted(task.starts()) ? Optional.of(interrupted(task, interruptions)) : Optional.empty();
    }

    /** Whether an earlier run ended without a verdict: an upper bound of 1 may be the neighbour's crash. */
    private static boolean surelyInterrupted(PriorStarts starts) {
        return switch (starts.precision()) {
            case EXACT, LOWER_BOUND -> starts.count() >= 1;
            case UPPER_BOUND -> starts.count() >= 2;
            case UNKNOWN -> false;
        };
    }

    private Verdict interrupted(Delivery.Task task, int interruptions) {
        Throwable cause = new InterruptedException("an earlier run ended without a verdict");
        Duration wait = backoff(spec.retryPolicy(), interruptions, cause)
                .or(() -> RetryPolicy.DEFAULT.backoff(interruptions, cause))
                .orElseThrow();
        Instant next = context.time().now().plus(wait);
        return Verdict.of(
                new Settlement.Later(task, counted(task, 0, 0, null), Start.after(wait)),
                new TaskEvent.Interrupted(spec.topic(), id(task), interruptions, next));
    }

    private static boolean expired(Delivery.Task task, Instant now) {
        return task.envelope().expiresAfter().isPresent()
                && task.progress().verdicts() == 0
                && !task.progress().replayed()
                && Duration.between(task.due(), now)
                                .compareTo(task.envelope().expiresAfter().get())
                        > 0;
    }

    private Verdict unreadable(Delivery.Unreadable unreadable) {
        Throwable cause = new IllegalArgumentException(unreadable.why());
        if (!context.capabilities().has(Feature.DEAD_LETTERS)) {
            return dropped(unreadable, Optional.empty(), DeadReason.UNREADABLE, cause);
        }
        return Verdict.of(
                new Settlement.Dead(
                        unreadable,
                        new Progress(0, 0, 0, false, Optional.of(shortened(unreadable.why()))),
                        DeadReason.UNREADABLE),
                new TaskEvent.DeadLettered(
                        spec.topic(), Optional.empty(), DeadReason.UNREADABLE, 0, Optional.of(cause)));
    }

    private Verdict dead(Delivery.Task task, Progress progress, DeadReason reason, Throwable cause) {
        if (!context.capabilities().has(Feature.DEAD_LETTERS)) {
            return dropped(task, Optional.of(id(task)), reason, cause);
        }
        return Verdict.of(
                new Settlement.Dead(task, progress, reason),
                new TaskEvent.DeadLettered(
                        spec.topic(), Optional.of(id(task)), reason, attempt(task), Optional.of(cause)));
    }

    private Verdict dropped(Delivery delivery, Optional<String> taskId, DeadReason reason, Throwable cause) {
        return Verdict.of(new Settlement.Ack(delivery), new TaskEvent.Dropped(spec.topic(), taskId, reason, cause));
    }

    /** The progress with the starts since the last verdict counted as interruptions, for they are counted anew now. */
    private static Progress counted(Delivery.Task task, int verdicts, int failures, @Nullable Throwable cause) {
        Progress before = task.progress();
        return new Progress(
                before.verdicts() + verdicts,
                before.failures() + failures,
                before.interruptions() + task.starts().count(),
                before.replayed(),
                cause == null ? before.lastError() : Optional.of(shortened(said(cause))));
    }

    private static Optional<Duration> backoff(RetryPolicy policy, int failures, Throwable cause) {
        try {
            return policy.backoff(failures, cause).map(Verdicts::withinBounds);
        } catch (RuntimeException | Error broken) {
            return RetryPolicy.DEFAULT.backoff(failures, cause);
        }
    }

    private static Duration withinBounds(Duration wait) {
        if (wait.isNegative()) {
            return Duration.ZERO;
        }
        return wait.compareTo(LONGEST_WAIT) < 0 ? wait : LONGEST_WAIT;
    }

    /** What an error says of itself; some cannot even do that. */
    private static String said(Throwable cause) {
        try {
            return cause.toString();
        } catch (RuntimeException | Error unprintable) {
            return cause.getClass().getName();
        }
    }

    private static String shortened(String error) {
        return error.length() <= LONGEST_ERROR ? error : error.substring(0, LONGEST_ERROR) + "…";
    }

    private static String id(Delivery.Task task) {
        return task.envelope().taskId();
    }

    private static int attempt(Delivery.Task task) {
        return task.progress().failures() + 1;
    }
}
