package io.backgroundqueue.examples.direct;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.ShutdownReport;
import io.backgroundqueue.Worker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A topic's line, and its worker once there is one. */
final class ExecutorWorker implements Worker {
    private static final Logger LOG = LoggerFactory.getLogger(ExecutorWorker.class);

    private final String topic;
    private final Executor executor;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition idle = lock.newCondition();
    private final Deque<Entry> waiting = new ArrayDeque<>();
    private @Nullable Handler handler;
    private int concurrency;
    private int running;
    private volatile boolean paused;

    record Entry(String id, Instant enqueuedAt, Map<String, String> headers, Bytes payload) {
        <T> ExecutorTask<T> task(String topic, T decoded) {
            return new ExecutorTask<>(id, topic, decoded, headers, enqueuedAt);
        }
    }

    interface Handler {
        void handle(Entry entry) throws Exception;
    }

    ExecutorWorker(String topic, Executor executor) {
        this.topic = topic;
        this.executor = executor;
    }

    void start(int tasksAtOnce, Handler newHandler) {
        lock.lock();
        try {
            if (handler != null) {
                throw QueueException.invalid(
                        "This queue consumes '" + topic + "' already. Shut that worker down first");
            }
            handler = newHandler;
            concurrency = tasksAtOnce;
            paused = false;
            fill();
        } finally {
            lock.unlock();
        }
    }

    void add(Entry entry) {
        lock.lock();
        try {
            waiting.addLast(entry);
            fill();
        } catch (RejectedExecutionException full) {
            if (running == 0) {
                waiting.removeLast();
                throw new QueueException(Kind.OVERLOADED, "The executor is full. Enqueue later", entry.id(), full);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Asks the executor for as many threads as there are tasks, within the concurrency. Under the lock. */
    private void fill() {
        Handler now = handler;
        int wanted = now == null || paused ? 0 : Math.min(concurrency - running, waiting.size());
        for (int thread = 0; thread < wanted && now != null; thread++) {
            executor.execute(() -> work(now));
            running++;
        }
    }

    private void work(Handler now) {
        for (Entry entry = next(now); entry != null; entry = next(now)) {
            try {
                now.handle(entry);
            } catch (Throwable failure) {
                LOG.warn("Task {} of '{}' failed; it is not run again", entry.id(), topic, failure);
            }
            Thread.interrupted(); // a flag that the handler left behind must not reach the next one
        }
    }

    private @Nullable Entry next(Handler now) {
        lock.lock();
        try {
            Entry entry = now == handler && !paused ? waiting.pollFirst() : null;
            if (entry == null) {
                running--;
                idle.signalAll();
            }
            return entry;
        } finally {
            lock.unlock();
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
        lock.lock();
        try {
            paused = false;
            fill();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public ShutdownReport shutdown(Duration grace) {
        lock.lock();
        try {
            handler = null;
            long left = grace.toNanos();
            while (running > 0 && left > 0) {
                left = idle.awaitNanos(left);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
        return ShutdownReport.EMPTY;
    }
}
