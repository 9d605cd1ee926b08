package io.backgroundqueue;

import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/**
 * Runs an effect once although its task may be delivered twice.
 *
 * <p>The key is claimed for a while, the action runs, and then the key is marked done and kept. Whoever comes meanwhile
 * is told to come later; whoever comes afterwards skips the action. If the process dies in between, the claim runs out
 * and the action runs again: no store outside the effect's own transaction can know whether it took place.
 */
public final class Idempotency {
    private static final String DONE = "D";
    private static final Duration DEFAULT_CLAIM = Duration.ofMinutes(5);

    private Idempotency() {}

    /** What {@link #once} guards. */
    @FunctionalInterface
    public interface Action {
        /** Has its effect. */
        void run() throws Exception;
    }

    /**
     * Runs {@code action} unless it has run for {@code key} within {@code ttl}; an action may take up to 5 minutes.
     *
     * @see #once(KeyValueStore, String, Duration, Duration, Action)
     */
    public static boolean once(KeyValueStore store, String key, Duration ttl, Action action) throws Exception {
        return once(store, key, ttl, DEFAULT_CLAIM, action);
    }

    /**
     * Runs {@code action} unless it has run for {@code key} within {@code ttl}.
     *
     * @param key what makes the effect one and the same, such as {@code "mail|" + task.id()}
     * @param ttl how long a finished effect is remembered
     * @param claim how long the action may take; after that another delivery may run it too
     * @return true if it ran now, false if it had run before
     * @throws RetryLaterException if it is running elsewhere right now
     * @throws Exception what the action throws; its claim is then given up, so that a retry runs it
     */
    public static boolean once(KeyValueStore store, String key, Duration ttl, Duration claim, Action action)
            throws Exception {
        Durations.positive("ttl", ttl);
        Durations.positive("claim", claim);
        String mine = "P|" + UUID.randomUUID();
        if (!store.putIfAbsent(key, mine, claim)) {
            return skipOrPostpone(store.get(key), claim);
        }
        try {
            action.run();
        } catch (Throwable failure) {
            giveUp(store, key, mine, failure);
            throw failure;
        }
        store.compareAndSet(key, mine, DONE, ttl);
        return true;
    }

    /** A store that fails now must not hide why the action failed; the claim runs out by itself. */
    private static void giveUp(KeyValueStore store, String key, String mine, Throwable failure) {
        try {
            store.compareAndDelete(key, mine);
        } catch (RuntimeException storeFailed) {
            failure.addSuppressed(storeFailed);
        }
    }

    private static boolean skipOrPostpone(Optional<String> found, Duration claim) throws RetryLaterException {
        if (found.isPresent() && found.get().equals(DONE)) {
            return false;
        }
        Duration second = Duration.ofSeconds(1);
        throw new RetryLaterException(claim.compareTo(second) < 0 ? claim : second);
    }
}
