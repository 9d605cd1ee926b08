package io.backgroundqueue.jdbc;

import io.backgroundqueue.Time;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The clock of a machine that is wrong. */
record SkewedTime(Duration by) implements Time {
    @Override
    public Instant now() {
        return Time.system().now().plus(by);
    }

    @Override
    public long nanos() {
        return Time.system().nanos();
    }

    @Override
    public boolean await(ReentrantLock lock, Condition condition, long deadlineNanos) throws InterruptedException {
        return Time.system().await(lock, condition, deadlineNanos);
    }
}
