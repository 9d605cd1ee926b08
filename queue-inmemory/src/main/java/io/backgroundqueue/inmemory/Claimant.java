package io.backgroundqueue.inmemory;

import io.backgroundqueue.spi.ReceiverOptions;

/** A receiver as its topic sees it. Guarded by the topic's lock. */
final class Claimant {
    final ReceiverOptions options;
    /** How many tasks it holds. */
    int out;
    /** Whether its next or current receive must not wait. */
    boolean woken;

    /** Read without the lock, too. */
    volatile boolean closed;

    Claimant(ReceiverOptions options) {
        this.options = options;
    }
}
