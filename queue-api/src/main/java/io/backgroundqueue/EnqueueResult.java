package io.backgroundqueue;

/** What became of one item of {@link BackgroundQueue#enqueueAll}. */
public sealed interface EnqueueResult {
    /** The backend answered. */
    record Done(EnqueueReceipt receipt) implements EnqueueResult {}

    /** This item failed; others may have gone through. */
    record Failed(QueueException error) implements EnqueueResult {}

    /** The receipt, or the error thrown. */
    default EnqueueReceipt orThrow() {
        if (this instanceof Failed failed) {
            throw failed.error();
        }
        return ((Done) this).receipt();
    }
}
