package io.backgroundqueue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/** What happened, in order, on any thread; a test waits for it by signal, and never longer than its patience. */
public final class Recorder<T> {
    /** How long anything may take that has to happen. */
    public static final Duration PATIENCE = Duration.ofSeconds(20);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<T> seen = new ArrayList<>();

    /** Something happened. */
    public void add(T item) {
        lock.lock();
        try {
            seen.add(item);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** All so far. */
    public List<T> all() {
        lock.lock();
        try {
            return List.copyOf(seen);
        } finally {
            lock.unlock();
        }
    }

    /** All so far of one type. */
    public <S extends T> List<S> all(Class<S> type) {
        return all().stream().filter(type::isInstance).map(type::cast).toList();
    }

    /** The first of its type; waits for it. */
    public <S extends T> S await(Class<S> type) {
        return type.cast(await(type::isInstance, 1).get(0));
    }

    /** All so far, once there are at least {@code count}. */
    public List<T> await(int count) {
        return await(item -> true, count);
    }

    /** Those that match, once there are at least {@code count} of them. */
    public List<T> await(Predicate<? super T> matching, int count) {
        lock.lock();
        try {
            long left = PATIENCE.toNanos();
            while (true) {
                List<T> found = seen.stream().filter(matching).toList();
                if (found.size() >= count) {
                    return found;
                }
                if (left <= 0) {
                    throw new AssertionError(found.size() + " of " + count + " were seen in " + PATIENCE + ": " + seen);
                }
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException interrupted) {
            throw new AssertionError("interrupted while waiting", interrupted);
        } finally {
            lock.unlock();
        }
    }

    /** Waits for a latch, a future or the like, with the same patience. */
    public static void within(Bounded wait) {
        try {
            if (!wait.done(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("it did not happen within " + PATIENCE);
            }
        } catch (InterruptedException interrupted) {
            throw new AssertionError("interrupted while waiting", interrupted);
        }
    }

    /** Such as {@code latch::await}. */
    @FunctionalInterface
    public interface Bounded {
        /** Whether it happened in time. */
        boolean done(long time, TimeUnit unit) throws InterruptedException;
    }
}
