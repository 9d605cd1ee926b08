package io.backgroundqueue.rabbitmq;

import io.backgroundqueue.Time;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The machine's clocks, which a test moves forward. */
final class Ahead implements Time {
    private final AtomicLong by = new AtomicLong();

    void advance(Duration step) {
        by.addAndGet(step.toNanos());
    }

    @Override
    public Instant now() {
        return Instant.now().plusNanos(by.get());
    }

    @Override
    public long nanos() {
        return System.nanoTime() + by.get();
    }

    @Override
    public boolean await(ReentrantLock lock, Condition condition, long deadlineNanos) throws InterruptedException {
        return Time.system().await(lock, condition, deadlineNanos - by.get());
    }
}
