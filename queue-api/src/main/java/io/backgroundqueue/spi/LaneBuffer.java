package io.backgroundqueue.spi;

import io.backgroundqueue.Time;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;

/**
 * What a driver has fetched and not yet handed out, by lane. Thread-safe: a client's callback fills it, {@code receive}
 * empties it.
 *
 * @param <T> what is held
 */
public final class LaneBuffer<T> {
    private final Time time;
    private final LanePicker picker;
    private final List<Deque<T>> lanes;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean woken;
    private int size;

    /** An empty buffer of {@code lanes} lanes. */
    public LaneBuffer(int lanes, Time time) {
        this.time = time;
        this.picker = new LanePicker(lanes);
        this.lanes = IntStream.range(0, lanes)
                .<Deque<T>>mapToObj(lane -> new ArrayDeque<>())
                .toList();
    }

    /** Puts {@code item} behind the others of its lane. */
    public void add(int lane, T item) {
        lock.lock();
        try {
            lanes.get(lane).addLast(item);
            size++;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Puts {@code item} before the others of its lane: something taken from here that was given back. */
    public void addFirst(int lane, T item) {
        lock.lock();
        try {
            lanes.get(lane).addFirst(item);
            size++;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Takes up to {@code max} items, higher lanes first, and waits up to {@code wait} for the first of them. */
    public List<T> poll(int max, Duration wait) throws InterruptedException {
        long deadline = time.deadline(wait);
        lock.lock();
        try {
            while (size == 0 && !woken && max > 0 && time.nanos() < deadline) {
                time.await(lock, changed, deadline);
            }
            woken = false;
            List<T> taken = new ArrayList<>(Math.min(max, size));
            while (taken.size() < max && size > 0) {
                taken.add(lanes.get(picker.pick(lane -> !lanes.get(lane).isEmpty()))
                        .removeFirst());
                size--;
            }
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /** Makes one waiting or coming {@link #poll} return at once. */
    public void wake() {
        lock.lock();
        try {
            woken = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Takes everything. */
    public List<T> drain() {
        lock.lock();
        try {
            List<T> all = new ArrayList<>(size);
            lanes.forEach(lane -> {
                all.addAll(lane);
                lane.clear();
            });
            size = 0;
            return all;
        } finally {
            lock.unlock();
        }
    }

    /** How much is held. */
    public int size() {
        lock.lock();
        try {
            return size;
        } finally {
            lock.unlock();
        }
    }
}
