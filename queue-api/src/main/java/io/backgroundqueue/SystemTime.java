package io.backgroundqueue;

import java.time.Instant;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

enum SystemTime implements Time {
    INSTANCE;

    @Override
    public Instant now() {
        return Instant.now();
    }

    @Override
    public long nanos() {
        return System.nanoTime();
    }

    @Override
    @SuppressWarnings("WaitNotInLoop") // the loop is the caller's, as with any condition
    public boolean await(ReentrantLock lock, Condition condition, long deadlineNanos) throws InterruptedException {
        return condition.awaitNanos(deadlineNanos - System.nanoTime()) > 0;
    }
}
