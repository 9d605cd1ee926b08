package io.backgroundqueue.internal;

import io.backgroundqueue.Time;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The two bounds of a worker: how many tasks run, and how many are out without a stored verdict. They are apart so that
 * a slow backend does not stop handlers at once, and a dead one does not pile verdicts up.
 */
final class Slots {
    private final Time time;
    private final int concurrency;
    private final int maxUnsettled;
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger unsettled = new AtomicInteger();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    Slots(Time time, int concurrency, int maxUnsettled) {
        this.time = time;
        this.concurrency = concurrency;
        this.maxUnsettled = maxUnsettled;
    }

    /** How many more tasks may be taken. */
    int free() {
        return Math.max(0, Math.min(concurrency - running.get(), maxUnsettled - unsettled.get()));
    }

    void taken() {
        running.incrementAndGet();
        unsettled.incrementAndGet();
    }

    void ended() {
        if (running.decrementAndGet() == 0) {
            signal();
        }
    }

    void settled() {
        if (unsettled.decrementAndGet() == 0) {
            signal();
        }
    }

    /** Waits until no handler runs; false when the deadline passes first. */
    boolean awaitNoneRunning(long deadlineNanos) throws InterruptedException {
        return awaitZero(running, deadlineNanos);
    }

    /** Waits until every verdict is stored or given up; false when the deadline passes first. */
    boolean awaitAllSettled(long deadlineNanos) throws InterruptedException {
        return awaitZero(unsettled, deadlineNanos);
    }

    private boolean awaitZero(AtomicInteger count, long deadlineNanos) throws InterruptedException {
        lock.lock();
        try {
            while (count.get() > 0) {
                if (time.nanos() >= deadlineNanos) {
                    return false;
                }
                time.await(lock, changed, deadlineNanos);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void signal() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
