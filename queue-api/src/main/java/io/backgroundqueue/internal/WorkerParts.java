package io.backgroundqueue.internal;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What the runs of one worker share.
 *
 * @param draining set once nothing new is to be begun
 * @param loop woken when a slot is free
 * @param <T> the payload's type
 */
record WorkerParts<T>(
        EngineContext context,
        WorkerSpec<T> spec,
        Verdicts verdicts,
        Slots slots,
        SettleBatcher settler,
        AtomicBoolean draining,
        Wake loop) {

    /** Something that can be woken before it exists. */
    static final class Wake {
        private volatile Runnable target = () -> {};

        void to(Runnable newTarget) {
            target = newTarget;
        }

        void wake() {
            target.run();
        }
    }
}
