package io.backgroundqueue.internal;

import io.backgroundqueue.Recorder;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Duty;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Hands out what a test offers, answers as a test tells it, and notes every call. Thread-safe. */
final class ScriptedReceiver implements Receiver {
    /** How settlements are answered. */
    @FunctionalInterface
    interface Settling {
        List<Outcome> settle(List<Settlement> batch) throws Exception;
    }

    /** Which leases are lost. */
    @FunctionalInterface
    interface Extending {
        List<Delivery> extend(List<Delivery> held) throws Exception;
    }

    /** The most tasks that each receive asked for. */
    final Recorder<Integer> receives = new Recorder<>();

    final Recorder<List<Settlement>> settled = new Recorder<>();
    final Recorder<List<Delivery>> extended = new Recorder<>();
    final Recorder<String> parks = new Recorder<>();
    volatile Settling settling = batch -> all(batch, Outcome.DONE);
    volatile Extending extending = held -> List.of();
    volatile Callable<Object> beforeReceive = () -> true;
    volatile Callable<Object> parking = () -> true;
    volatile List<Duty> duties = List.of();
    volatile Runnable naming = () -> {};
    private final String topic;
    private final ScriptedDriver driver;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Delivery> offered = new ArrayDeque<>();
    private boolean woken;

    ScriptedReceiver(String topic, ScriptedDriver driver) {
        this.topic = topic;
        this.driver = driver;
    }

    static List<Outcome> all(List<Settlement> batch, Outcome outcome) {
        return batch.stream().map(settlement -> outcome).toList();
    }

    void offer(Delivery... deliveries) {
        lock.lock();
        try {
            offered.addAll(List.of(deliveries));
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** All settlements, over all batches. */
    List<Settlement> settlements() {
        return settled.all().stream().flatMap(List::stream).toList();
    }

    @Override
    public List<Delivery> receive(int max, Duration wait) throws Exception {
        driver.noteInterrupt();
        receives.add(max);
        beforeReceive.call();
        lock.lock();
        try {
            long left = wait.toNanos();
            while (offered.isEmpty() && !woken && max > 0 && left > 0) {
                left = changed.awaitNanos(left);
            }
            woken = false;
            List<Delivery> taken = new ArrayList<>();
            while (taken.size() < max && !offered.isEmpty()) {
                taken.add(offered.removeFirst());
            }
            return taken;
        } catch (InterruptedException interrupted) {
            driver.interrupted.set(true);
            throw interrupted;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public List<Outcome> settle(List<Settlement> batch) throws Exception {
        driver.noteInterrupt();
        settled.add(List.copyOf(batch));
        return settling.settle(batch);
    }

    @Override
    public List<Delivery> extend(List<Delivery> held) throws Exception {
        driver.noteInterrupt();
        extended.add(List.copyOf(held));
        return extending.extend(held);
    }

    @Override
    public void park() throws Exception {
        driver.noteInterrupt();
        parks.add("park");
        parking.call();
    }

    @Override
    public void wake() {
        lock.lock();
        try {
            woken = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public List<Duty> duties() {
        naming.run();
        return duties;
    }

    @Override
    public void close() {
        driver.noteInterrupt();
        driver.journal.add("close " + topic);
    }
}
