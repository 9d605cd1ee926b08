package io.backgroundqueue.inmemory;

import io.backgroundqueue.QueueException;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a broker may hold, all topics together. A task counts from its acceptance until it is gone: waiting, running or
 * dead. So retries and dead letters need no room of their own and are never refused. Thread-safe; its lock is taken
 * inside a topic's lock.
 */
final class Capacity {
    static final long DEFAULT_TASKS = 1_000_000;
    private static final long FEWEST_IDS = 100_000;
    private static final Duration LONGEST = Duration.ofDays(36_500);

    private final long maxTasks;
    private final long maxBytes;
    private final ReentrantLock lock = new ReentrantLock();
    private long tasks;
    private long bytes;

    Capacity(long maxTasks, long maxBytes) {
        this.maxTasks = atLeastOne("capacity", maxTasks);
        this.maxBytes = atLeastOne("capacityBytes", maxBytes);
    }

    /** A quarter of the largest heap. */
    static long defaultBytes() {
        return Math.max(1, Runtime.getRuntime().maxMemory() / 4);
    }

    /** Takes room for one task; false if there is none. */
    boolean take(long size) {
        lock.lock();
        try {
            if (tasks == maxTasks || size > maxBytes - bytes) {
                return false;
            }
            tasks++;
            bytes += size;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Gives the room of one task back. */
    void give(long size) {
        lock.lock();
        try {
            tasks--;
            bytes -= size;
        } finally {
            lock.unlock();
        }
    }

    /** How many tasks there are. */
    long tasks() {
        lock.lock();
        try {
            return tasks;
        } finally {
            lock.unlock();
        }
    }

    /** Gives all room back; answers for how many tasks. */
    long clear() {
        lock.lock();
        try {
            long cleared = tasks;
            tasks = 0;
            bytes = 0;
            return cleared;
        } finally {
            lock.unlock();
        }
    }

    long maxTasks() {
        return maxTasks;
    }

    long maxBytes() {
        return maxBytes;
    }

    /** How many deduplication ids one topic remembers; they outlive their tasks and need a bound of their own. */
    long maxIds() {
        return Math.max(maxTasks, FEWEST_IDS);
    }

    /** Why a task of this size was not taken. */
    QueueException full(String taskId, long size) {
        lock.lock();
        try {
            return overloaded(
                    taskId,
                    "The in-memory queue is full: it holds " + tasks + " of " + maxTasks + " tasks and " + bytes
                            + " of " + maxBytes + " payload bytes, dead letters included, and the task has " + size
                            + " bytes. Slow down, add workers, purge dead letters, or raise capacity or capacityBytes");
        } finally {
            lock.unlock();
        }
    }

    /** Why a deduplication id was not taken. */
    QueueException tooManyIds(String taskId, String topic) {
        return overloaded(
                taskId,
                "The topic '" + topic + "' remembers " + maxIds() + " deduplication ids, which is all it may. Slow"
                        + " down, use shorter deduplication windows, or raise capacity");
    }

    private static QueueException overloaded(String taskId, String message) {
        return new QueueException(QueueException.Kind.OVERLOADED, message, taskId, null);
    }

    /** {@code value}, or INVALID if it is zero, negative or too long to count in nanoseconds. */
    static Duration longerThanZero(String name, Duration value) {
        if (value.isZero() || value.isNegative() || value.compareTo(LONGEST) > 0) {
            throw QueueException.invalid(name + " is " + value + ". It must be longer than 0 and at most " + LONGEST);
        }
        return value;
    }

    /** {@code value}, or INVALID if it is less than 1. */
    static long atLeastOne(String name, long value) {
        if (value < 1) {
            throw QueueException.invalid(name + " is " + value + ". It must be at least 1");
        }
        return value;
    }
}
