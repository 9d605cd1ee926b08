package io.backgroundqueue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How long a task waits after a failed or interrupted run, and which errors are not worth another. The task waits in the
 * backend, not in the worker, and never starts earlier than the policy says. Thread-safe.
 */
@FunctionalInterface
public interface RetryPolicy {
    /** Exponential from 1 second to 1 hour, with jitter. */
    RetryPolicy DEFAULT = exponential(Duration.ofSeconds(1), Duration.ofHours(1));

    /**
     * How long to wait before the next run.
     *
     * @param failures how many runs have failed (or were interrupted), this one included; 1 or more
     * @param error why this run ended
     * @return the wait, or empty to send the task to the dead letters now, whatever attempts are left
     */
    Optional<Duration> backoff(int failures, Throwable error);

    /**
     * Doubling from {@code base} up to {@code cap}, with equal jitter: half of each wait is fixed and half random, so
     * that tasks that failed together do not come back together.
     *
     * @see <a href="https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/">Exponential Backoff And
     *     Jitter</a>
     */
    static RetryPolicy exponential(Duration base, Duration cap) {
        Durations.positive("the base of the backoff", base);
        Durations.positive("the cap of the backoff", cap);
        return (failures, error) -> Optional.of(equalJitter(doubled(base, cap, failures)));
    }

    /** The same wait every time. */
    static RetryPolicy fixed(Duration wait) {
        Durations.notNegative("the wait of the backoff", wait);
        return (failures, error) -> Optional.of(wait);
    }

    /** The given waits one after the other, the last one for all further failures. */
    static RetryPolicy waits(Duration... waits) {
        List<Duration> list = List.of(waits);
        if (list.isEmpty()) {
            throw QueueException.invalid("RetryPolicy.waits needs at least one duration");
        }
        list.forEach(wait -> Durations.notNegative("a wait of the backoff", wait));
        return (failures, error) -> Optional.of(list.get(Math.min(failures, list.size()) - 1));
    }

    /** No second run: the first failure ends in the dead letters. */
    static RetryPolicy none() {
        return (failures, error) -> Optional.empty();
    }

    /** This policy, but tasks that end with {@code type} or a subtype go to the dead letters at once. */
    default RetryPolicy notOn(Class<? extends Throwable> type) {
        return (failures, error) -> type.isInstance(error) ? Optional.empty() : backoff(failures, error);
    }

    private static Duration doubled(Duration base, Duration cap, int failures) {
        Duration wait = base;
        for (int i = 1; i < failures && wait.compareTo(cap) < 0; i++) {
            wait = wait.multipliedBy(2);
        }
        return wait.compareTo(cap) < 0 ? wait : cap;
    }

    private static Duration equalJitter(Duration wait) {
        long half = wait.toNanos() / 2;
        return Duration.ofNanos(half + ThreadLocalRandom.current().nextLong(half + 1));
    }
}
