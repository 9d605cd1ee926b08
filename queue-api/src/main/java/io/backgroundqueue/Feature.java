package io.backgroundqueue;

/** What backends differ in. Each declares a {@link Support} for every one of these. */
public enum Feature {
    /** {@link EnqueueOptions#delay} and {@link EnqueueOptions#runAt}, of any length up to {@link Limits#maxDelay()}. */
    DELAY,
    /** {@link EnqueueOptions#priority}. */
    PRIORITY,
    /** {@link EnqueueOptions#attempts}, and with it retries. */
    ATTEMPTS,
    /** {@link EnqueueOptions#deduplicationId}. */
    DEDUPLICATION,
    /** {@link EnqueueOptions#expiresAfter}. */
    EXPIRY,
    /** {@link EnqueueOptions#orderingKey}. */
    ORDERING_KEY,
    /** {@link QueueAdmin#cancel}. */
    CANCEL,
    /** {@link QueueAdmin#purge} of waiting tasks. */
    PURGE,
    /** {@link QueueAdmin#stats}. */
    STATS,
    /** Dead letters that are kept, walked, replayed and purged. */
    DEAD_LETTERS,
    /** {@link WorkerOptions#leaseDuration}: a task comes back when its worker gives no sign of life. */
    LEASE,
    /** A worker that lost a task cannot settle it: native where the store refuses, emulated where the worker checks. */
    FENCE,
    /** Runs that ended without a verdict are counted, as precisely as {@link Capabilities#interruptionPrecision()}. */
    INTERRUPTION_COUNT,
    /** Tasks of one priority run in order of acceptance, unless retried, released or replayed. */
    FIFO,
    /** Tasks given back at a pause or a shutdown are there for others at once, at no cost. */
    RELEASE,
    /** Accepted tasks outlive what {@link Capabilities#durability()} says. */
    DURABILITY,
    /** Enqueueing inside a database transaction of the caller's. */
    TRANSACTIONAL_ENQUEUE
}
