package io.backgroundqueue.examples.direct;

import com.github.f4b6a3.uuid.UuidCreator;
import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundTaskHandler;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.Capabilities;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.EnqueueReceipt.Status;
import io.backgroundqueue.JsonCodec;
import io.backgroundqueue.PayloadType;
import io.backgroundqueue.QueueAdmin;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.ShutdownReport;
import io.backgroundqueue.TopicName;
import io.backgroundqueue.Worker;
import io.backgroundqueue.WorkerOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import tools.jackson.core.JacksonException;

/**
 * The queue of a system that has workers already: tasks run on its {@link ExecutorService}, each of them once. What is not
 * written here is inherited: {@code enqueueAsync} and {@code enqueueAll} call {@code enqueue}, the shorter forms of both
 * verbs call the longer ones, and nobody listens. For retries, leases and dead letters write a {@link
 * io.backgroundqueue.spi.QueueDriver} instead. Thread-safe.
 */
public final class ExecutorBackgroundQueue implements BackgroundQueue {
    private static final JsonCodec JSON = new JsonCodec();

    private final ExecutorService executor;
    private final Map<String, ExecutorWorker> workers = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /** Takes {@code executor} over. */
    public ExecutorBackgroundQueue(ExecutorService executor) {
        this.executor = executor;
    }

    @Override
    public <T> EnqueueReceipt enqueue(String topic, T payload, EnqueueOptions options) {
        Refusals.check(options);
        String id = UuidCreator.getTimeOrderedEpoch().toString();
        Instant now = Instant.now();
        worker(topic).add(new ExecutorWorker.Entry(id, now, options.headers(), encoded(payload)));
        return new EnqueueReceipt(id, topic, Status.ACCEPTED, Optional.empty(), now, Optional.empty());
    }

    @Override
    public <T> Worker consume(
            String topic, PayloadType<T> type, BackgroundTaskHandler<? super T> handler, WorkerOptions options) {
        Refusals.check(options);
        if (handler == null) {
            throw QueueException.invalid("The handler for '" + topic + "' is null. Give a BackgroundTaskHandler");
        }
        ExecutorWorker worker = worker(topic);
        worker.start(
                options.concurrency().orElse(10),
                entry -> handler.handle(entry.task(topic, JSON.decode(entry.payload(), type))));
        return worker;
    }

    @Override
    public Capabilities capabilities() {
        return Refusals.CAPABILITIES;
    }

    @Override
    public QueueAdmin admin() {
        return new ExecutorAdmin(() -> closed);
    }

    @Override
    public ShutdownReport shutdown(Duration grace) {
        closed = true;
        long deadline = System.nanoTime() + grace.toNanos();
        workers.values().forEach(worker -> worker.shutdown(Duration.ofNanos(deadline - System.nanoTime())));
        executor.shutdownNow();
        return ShutdownReport.EMPTY;
    }

    @Override
    public void close() {
        shutdown(DEFAULT_GRACE);
    }

    private ExecutorWorker worker(String topic) {
        if (closed) {
            throw new QueueException(Kind.CLOSED, "The queue is closed. Open a new one");
        }
        return workers.computeIfAbsent(TopicName.require(topic), name -> new ExecutorWorker(name, executor));
    }

    private static Bytes encoded(Object payload) {
        if (payload == null) {
            throw QueueException.invalid("The payload is null. Give one");
        }
        try {
            return Refusals.checked(JSON.encode(payload));
        } catch (JacksonException notJson) {
            String message = "The payload, a " + payload.getClass().getName() + ", is no JSON: " + notJson.getMessage();
            throw new QueueException(Kind.INVALID, message, null, notJson);
        }
    }
}
