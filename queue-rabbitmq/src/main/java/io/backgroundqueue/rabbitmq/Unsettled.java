package io.backgroundqueue.rabbitmq;

import io.backgroundqueue.Time;
import io.backgroundqueue.rabbitmq.Held.State;
import io.backgroundqueue.spi.LaneBuffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a lane was sent and the broker waits for, by tag. A tag is settled once: whoever wants to moves it first, and it is
 * forgotten only when the broker was told, so that an acknowledgement of many never covers another thread's tag. The broker
 * stops at a limit, and goes on when something was settled; so this also knows when more is about to come. Thread-safe.
 */
final class Unsettled {
    /** How long the next message may take, when there is room for it. */
    private static final Duration NEXT = Duration.ofMillis(50);

    private final LaneBuffer<Held> buffer;
    private final Time time;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final NavigableMap<Long, Held> byTag = new TreeMap<>();
    private int buffered;
    private int limit;
    private long expectedUntil;
    private boolean ended;

    /** @param buffer where it waits to be handed out */
    Unsettled(LaneBuffer<Held> buffer, Time time) {
        this.buffer = buffer;
        this.time = time;
    }

    /** The broker sends up to a limit from now on, the first perhaps within a time. */
    void limit(int most, Duration first) {
        lock.lock();
        try {
            limit = most;
            expectedUntil = time.deadline(first);
        } finally {
            lock.unlock();
        }
    }

    void add(Held held) {
        lock.lock();
        try {
            byTag.put(held.tag, held);
            buffered++;
            buffer.add(held.lane.index(), held);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** False if it is not here any more, or stands elsewhere. */
    boolean move(Held held, State from, State to) {
        lock.lock();
        try {
            if (byTag.get(held.tag) != held || held.state != from) {
                return false;
            }
            held.state = to;
            buffered -= from == State.BUFFERED ? 1 : 0;
            return true;
        } finally {
            lock.unlock();
        }
    }

    boolean has(Held held) {
        lock.lock();
        try {
            return byTag.get(held.tag) == held;
        } finally {
            lock.unlock();
        }
    }

    /** How many of these, in the order of their tags, come before everything else that is here. */
    int first(List<Held> ordered) {
        Set<Held> wanted = new HashSet<>(ordered);
        lock.lock();
        try {
            int count = 0;
            for (Held held : byTag.values()) {
                if (!wanted.contains(held)) {
                    return count;
                }
                count++;
            }
            return count;
        } finally {
            lock.unlock();
        }
    }

    /** These are settled. */
    void forget(List<Held> settled) {
        lock.lock();
        try {
            if (isFull()) {
                expectedUntil = time.deadline(NEXT);
            }
            settled.forEach(held -> byTag.remove(held.tag));
        } finally {
            lock.unlock();
        }
    }

    boolean isEmpty() {
        lock.lock();
        try {
            return byTag.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** How many were handed out. */
    int out() {
        lock.lock();
        try {
            return byTag.size() - buffered;
        } finally {
            lock.unlock();
        }
    }

    /** Whether the broker gives no more although nothing is left here to hand out. */
    boolean isStarved() {
        lock.lock();
        try {
            return buffered == 0 && isFull();
        } finally {
            lock.unlock();
        }
    }

    /** When the oldest came that waits here; or now. */
    long oldestNanos() {
        lock.lock();
        try {
            return byTag.values().stream()
                    .filter(held -> held.state == State.BUFFERED)
                    .mapToLong(held -> held.arrivedNanos)
                    .findFirst()
                    .orElseGet(time::nanos);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Until when a message may be expected: for a moment after the limit was set, or something was settled at it.
     *
     * @param settling whether something that was handed out is about to be settled
     */
    long expectedUntil(boolean settling) {
        lock.lock();
        try {
            if (settling && isFull()) {
                expectedUntil = time.deadline(NEXT);
            }
            return expectedUntil;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for something to hand out; whether there is. */
    boolean awaitBuffered(long deadlineNanos) throws InterruptedException {
        lock.lock();
        try {
            while (buffered == 0 && !ended && time.nanos() - deadlineNanos < 0) {
                time.await(lock, changed, deadlineNanos);
            }
            return buffered > 0;
        } finally {
            lock.unlock();
        }
    }

    /** Nothing more comes. */
    void end() {
        lock.lock();
        try {
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private boolean isFull() {
        return byTag.size() >= limit;
    }
}
