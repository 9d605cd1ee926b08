package io.backgroundqueue.internal;

import io.backgroundqueue.Time;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A pause that can be cut short. A wake that comes before the pause is not lost: the pause is then skipped. */
final class Waiter {
    private final Time time;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition condition = lock.newCondition();
    private volatile boolean woken;

    Waiter(Time time) {
        this.time = time;
    }

    void pause(Duration duration) throws InterruptedException {
        long deadline = time.deadline(duration);
        lock.lock();
        try {
            while (!woken && time.nanos() < deadline) {
                time.await(lock, condition, deadline);
            }
            woken = false;
        } finally {
            lock.unlock();
        }
    }

    void wake() {
        if (woken) {
            return;
        }
        lock.lock();
        try {
            woken = true;
            condition.signal();
        } finally {
            lock.unlock();
        }
    }
}
