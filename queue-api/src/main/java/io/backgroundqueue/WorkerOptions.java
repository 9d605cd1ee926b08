package io.backgroundqueue;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How a worker runs its tasks. Immutable; start at {@link #DEFAULT} and call one method per option. Whatever is set is
 * kept by the backend or refused, never ignored; whatever is not set takes the queue's default.
 *
 * @param concurrency how many tasks run at once; unset means 10
 * @param attempts how many runs of a task may fail, for tasks whose producer did not say; unset means 3
 * @param maxInterruptions how many runs of a task may end without a verdict (worker died, lease lost) before it goes to
 *     the dead letters; unset means 5, or 20 where the backend cannot count exactly
 * @param leaseDuration how long a task stays with a worker that gives no sign of life; renewed while the handler runs;
 *     unset means 30 seconds
 * @param timeout how long a handler may run before it is interrupted, which is a failure; unset means for ever
 * @param retryPolicy how long a failed task waits; unset means {@link RetryPolicy#DEFAULT}
 * @param prefetch the most tasks the backend may hold ready in this process beyond those that run; unset means the
 *     backend's own rule
 */
public record WorkerOptions(
        OptionalInt concurrency,
        OptionalInt attempts,
        OptionalInt maxInterruptions,
        Optional<Duration> leaseDuration,
        Optional<Duration> timeout,
        Optional<RetryPolicy> retryPolicy,
        OptionalInt prefetch) {

    /** Nothing set. */
    public static final WorkerOptions DEFAULT = new WorkerOptions(
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalInt.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            OptionalInt.empty());

    /** The shortest lease: below it, an ordinary pause of the process loses tasks. */
    public static final Duration SHORTEST_LEASE = Duration.ofMillis(100);

    /** Checks every value; use {@link #DEFAULT} and the option methods instead. */
    public WorkerOptions {
        concurrency.ifPresent(n -> between("concurrency", n, 1, 10_000));
        attempts.ifPresent(n -> between("attempts", n, 1, EnqueueOptions.MAX_ATTEMPTS));
        maxInterruptions.ifPresent(n -> between("maxInterruptions", n, 0, 1_000_000));
        prefetch.ifPresent(n -> between("prefetch", n, 0, 100_000));
        timeout.ifPresent(t -> Durations.positive("timeout", t));
        leaseDuration.ifPresent(WorkerOptions::checkLease);
    }

    /** How many tasks run at once, 1 to 10,000. */
    public WorkerOptions concurrency(int tasks) {
        return new WorkerOptions(
                OptionalInt.of(tasks), attempts, maxInterruptions, leaseDuration, timeout, retryPolicy, prefetch);
    }

    /** How many runs may fail, for tasks whose producer did not say; 1 to 10,000. */
    public WorkerOptions attempts(int runs) {
        return new WorkerOptions(
                concurrency, OptionalInt.of(runs), maxInterruptions, leaseDuration, timeout, retryPolicy, prefetch);
    }

    /** How many runs may end without a verdict, 0 or more. */
    public WorkerOptions maxInterruptions(int runs) {
        return new WorkerOptions(
                concurrency, attempts, OptionalInt.of(runs), leaseDuration, timeout, retryPolicy, prefetch);
    }

    /** How long a task stays with a worker that gives no sign of life; at least 100 milliseconds. */
    public WorkerOptions leaseDuration(Duration lease) {
        return new WorkerOptions(
                concurrency, attempts, maxInterruptions, Optional.of(lease), timeout, retryPolicy, prefetch);
    }

    /** How long a handler may run before it is interrupted and the run counts as failed. */
    public WorkerOptions timeout(Duration longest) {
        return new WorkerOptions(
                concurrency, attempts, maxInterruptions, leaseDuration, Optional.of(longest), retryPolicy, prefetch);
    }

    /** How long failed and interrupted tasks wait. */
    public WorkerOptions retryPolicy(RetryPolicy policy) {
        return new WorkerOptions(
                concurrency, attempts, maxInterruptions, leaseDuration, timeout, Optional.of(policy), prefetch);
    }

    /** The most tasks held ready in this process beyond those that run, 0 or more. */
    public WorkerOptions prefetch(int tasks) {
        return new WorkerOptions(
                concurrency, attempts, maxInterruptions, leaseDuration, timeout, retryPolicy, OptionalInt.of(tasks));
    }

    /** These options, and the values of {@code defaults} where nothing is set here. */
    public WorkerOptions orElse(WorkerOptions defaults) {
        return new WorkerOptions(
                concurrency.isPresent() ? concurrency : defaults.concurrency,
                attempts.isPresent() ? attempts : defaults.attempts,
                maxInterruptions.isPresent() ? maxInterruptions : defaults.maxInterruptions,
                leaseDuration.or(() -> defaults.leaseDuration),
                timeout.or(() -> defaults.timeout),
                retryPolicy.or(() -> defaults.retryPolicy),
                prefetch.isPresent() ? prefetch : defaults.prefetch);
    }

    private static void between(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw QueueException.invalid(name + " is " + value + ". It must be " + least + " to " + most);
        }
    }

    private static void checkLease(Duration lease) {
        Durations.positive("leaseDuration", lease);
        if (lease.compareTo(SHORTEST_LEASE) < 0) {
            throw QueueException.invalid("leaseDuration is " + lease + ". It must be at least " + SHORTEST_LEASE
                    + ": a shorter lease is lost in an ordinary pause of the process");
        }
    }
}
