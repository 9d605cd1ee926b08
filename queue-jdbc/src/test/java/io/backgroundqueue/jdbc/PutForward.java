package io.backgroundqueue.jdbc;

import io.backgroundqueue.Time;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Clocks that a test puts forward. Thread-safe. */
final class PutForward implements Time {
    private final AtomicLong by = new AtomicLong();

    void by(Duration more) {
        by.addAndGet(more.toNanos());
    }

    @Override
    public Instant now() {
        return Time.system().now().plusNanos(by.get());
    }

    @Override
    public long nanos() {
        return Time.system().nanos() + by.get();
    }

    @Override
    public boolean await(ReentrantLock lock, Condition condition, long deadlineNanos) throws InterruptedException {
        return Time.system().await(lock, condition, deadlineNanos - by.get());
    }
}
