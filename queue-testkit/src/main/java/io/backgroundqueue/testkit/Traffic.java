package io.backgroundqueue.testkit;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.QueueException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Producers that go on whatever happens, and the books of what they were told. Payloads are unique and are the keys. */
final class Traffic implements AutoCloseable {
    private static final long PAUSE_NANOS = 1_000_000;

    private final BackgroundQueue queue;
    private final String topic;
    private final Ledger ledger = new Ledger();
    private final AtomicInteger made = new AtomicInteger();
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();
    private final AtomicLong longestNanos = new AtomicLong();
    private final List<Thread> producers = new ArrayList<>();
    private volatile boolean stopped;

    Traffic(BackgroundQueue queue, String topic, int threads) {
        this.queue = queue;
        this.topic = topic;
        for (int i = 0; i < threads; i++) {
            Thread producer = new Thread(this::produce, "producer-" + i);
            producer.setDaemon(true);
            producers.add(producer);
        }
        producers.forEach(Thread::start);
    }

    /** How many sends were accepted so far. */
    int accepted() {
        return accepted.get();
    }

    /** How many sends failed so far. */
    int failed() {
        return failed.get();
    }

    /** How long the longest call took, whatever it ended with. */
    Duration longest() {
        return Duration.ofNanos(longestNanos.get());
    }

    /** Ends the producers. */
    void stop() throws InterruptedException {
        stopped = true;
        for (Thread producer : producers) {
            producer.join();
        }
    }

    /** What the producers were told. */
    Ledger ledger() {
        return ledger;
    }

    @Override
    public void close() {
        stopped = true;
    }

    private void produce() {
        while (!stopped) {
            String payload = "task-" + made.getAndIncrement();
            long before = System.nanoTime();
            boolean closed = !sent(payload);
            longestNanos.accumulateAndGet(System.nanoTime() - before, Math::max);
            if (closed) {
                return;
            }
            LockSupport.parkNanos(this, PAUSE_NANOS);
        }
    }

    private boolean sent(String payload) {
        try {
            queue.enqueue(topic, payload);
            ledger.accepted(payload);
            accepted.incrementAndGet();
            return true;
        } catch (QueueException error) {
            failed.incrementAndGet();
            if (error.kind() == QueueException.Kind.OUTCOME_UNKNOWN) {
                ledger.unknown(payload);
            }
            return error.kind() != QueueException.Kind.CLOSED;
        }
    }
}
