package io.backgroundqueue.examples.direct;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.ShutdownReport;
import io.backgroundqueue.Worker;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A topic's line, and its worker once there is one: for each task that waits the executor is asked to run the next. */
final class ExecutorWorker implements Worker {
    private static final Logger LOG = LoggerFactory.getLogger(ExecutorWorker.class);

    private final String topic;
    private final Executor executor;
    private final Queue<Entry> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicReference<@Nullable Handler> handler = new AtomicReference<>();
    private final ReentrantReadWriteLock running = new ReentrantReadWriteLock();
    private volatile boolean paused;

    record Entry(String id, Instant enqueuedAt, Map<String, String> headers, Bytes payload) {}

    interface Handler {
        void handle(Entry entry) throws Exception;
    }

    ExecutorWorker(String topic, Executor executor) {
        this.topic = topic;
        this.executor = executor;
    }

    void add(Entry entry) {
        waiting.add(entry);
        try {
            executor.execute(this::next);
        } catch (RejectedExecutionException full) {
            if (waiting.remove(entry)) {
                throw new QueueException(Kind.OVERLOADED, "The executor is full. Enqueue later", entry.id(), full);
            }
        }
    }

    void start(Handler newHandler) {
        if (!handler.compareAndSet(null, newHandler)) {
            throw QueueException.invalid("This queue consumes '" + topic + "' already. Shut that worker down first");
        }
        resume();
    }

    private void next() {
        running.readLock().lock();
        try {
            Handler now = handler.get();
            Entry entry = now == null || paused ? null : waiting.poll();
            if (now != null && entry != null) {
                now.handle(entry);
            }
        } catch (Throwable failure) {
            LOG.warn("A task of '{}' failed; it is not run again", topic, failure);
        } finally {
            running.readLock().unlock();
        }
    }

    @Override
    public String topic() {
        return topic;
    }

    @Override
    public void pause() {
        paused = true;
    }

    @Override
    public void resume() {
        paused = false;
        waiting.forEach(entry -> executor.execute(this::next));
    }

    @Override
    public ShutdownReport shutdown(Duration grace) {
        handler.set(null);
        try {
            if (running.writeLock().tryLock(grace.toNanos(), TimeUnit.NANOSECONDS)) {
                running.writeLock().unlock();
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        return ShutdownReport.EMPTY;
    }
}
