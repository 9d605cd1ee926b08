package io.backgroundqueue.inmemory;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.Time;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/**
 * A clock that stands still until it is turned, for tests: hours of backoff pass in a millisecond. Whoever waits through
 * it wakes up when the time it waits for is reached. Thread-safe.
 */
public final class ManualTime implements Time {
    private static final long RETRY_NANOS = 50_000;

    /** Guards the fields; taken inside any other lock, and never held while taking one. */
    private final ReentrantLock guard = new ReentrantLock();

    private final Condition waits = guard.newCondition();
    private final Set<Waiter> waiters = new LinkedHashSet<>();
    private Instant now;
    private long nanos;

    /** A thread that waits; compared by identity. */
    private static final class Waiter {
        private final ReentrantLock lock;
        private final Condition condition;
        private final long deadline;

        private Waiter(ReentrantLock lock, Condition condition, long deadline) {
            this.lock = lock;
            this.condition = condition;
            this.deadline = deadline;
        }
    }

    /** A clock that says {@code start}. */
    public ManualTime(Instant start) {
        this.now = start;
    }

    @Override
    public Instant now() {
        guard.lock();
        try {
            return now;
        } finally {
            guard.unlock();
        }
    }

    @Override
    public long nanos() {
        guard.lock();
        try {
            return nanos;
        } finally {
            guard.unlock();
        }
    }

    @Override
    @SuppressWarnings("WaitNotInLoop") // the loop is the caller's, as with any condition
    public boolean await(ReentrantLock lock, Condition condition, long deadlineNanos) throws InterruptedException {
        Waiter waiter = new Waiter(lock, condition, deadlineNanos);
        if (!register(waiter)) {
            return false;
        }
        try {
            condition.await();
        } finally {
            forget(waiter);
        }
        return nanos() - deadlineNanos < 0;
    }

    /**
     * Lets time pass, on both clocks, and wakes those whose deadline it reaches. Returns when all of them have been
     * signalled, for which it takes their locks one at a time.
     *
     * @throws QueueException of kind INVALID if {@code duration} is negative
     */
    public void advance(Duration duration) {
        if (duration.isNegative()) {
            throw QueueException.invalid("Time cannot advance by " + duration + ". To set the wall clock back, jump");
        }
        turn(duration, duration.toNanos());
        signal(waiter -> reached(waiter.deadline));
    }

    /**
     * Lets time pass until the wall clock says {@code instant}.
     *
     * @throws QueueException of kind INVALID if that is in the past
     */
    public void advanceTo(Instant instant) {
        advance(Duration.between(now(), instant));
    }

    /**
     * Sets the wall clock forward or back, as a correction over the network does, while no time passes. Wakes all that
     * wait, so that they look at the wall clock again.
     */
    public void jump(Duration duration) {
        turn(duration, 0);
        signal(waiter -> true);
    }

    /**
     * Waits until at least {@code count} threads wait for this clock: then a test can turn it and be sure that they
     * notice.
     *
     * @param patience how long to wait, in real time
     * @throws IllegalStateException if there are fewer by then
     */
    public void awaitWaiters(int count, Duration patience) throws InterruptedException {
        guard.lock();
        try {
            long left = patience.toNanos();
            while (waiters.size() < count) {
                if (left <= 0) {
                    throw new IllegalStateException(
                            waiters.size() + " of " + count + " threads wait for the clock after " + patience);
                }
                left = waits.awaitNanos(left);
            }
        } finally {
            guard.unlock();
        }
    }

    private void turn(Duration wall, long timer) {
        guard.lock();
        try {
            now = now.plus(wall);
            nanos += timer;
        } finally {
            guard.unlock();
        }
    }

    /**
     * A lock may be held by a thread that itself waits for this clock with another one: trying them in turns, instead of
     * waiting for one, gets to that thread too.
     */
    private void signal(Predicate<Waiter> which) {
        List<Waiter> left = waiting(which);
        while (!left.isEmpty()) {
            left.forEach(this::trySignal);
            List<Waiter> waiting = waiting(left::contains);
            if (!waiting.isEmpty()) {
                LockSupport.parkNanos(RETRY_NANOS);
            }
            left = waiting;
        }
    }

    private void trySignal(Waiter waiter) {
        if (waiter.lock.tryLock()) {
            try {
                waiter.condition.signalAll();
                forget(waiter);
            } finally {
                waiter.lock.unlock();
            }
        }
    }

    private List<Waiter> waiting(Predicate<Waiter> which) {
        guard.lock();
        try {
            return waiters.stream().filter(which).toList();
        } finally {
            guard.unlock();
        }
    }

    private boolean register(Waiter waiter) {
        guard.lock();
        try {
            if (reached(waiter.deadline)) {
                return false;
            }
            waits.signalAll();
            return waiters.add(waiter);
        } finally {
            guard.unlock();
        }
    }

    private void forget(Waiter waiter) {
        guard.lock();
        try {
            waiters.remove(waiter);
        } finally {
            guard.unlock();
        }
    }

    private boolean reached(long deadline) {
        return nanos() - deadline >= 0;
    }
}
