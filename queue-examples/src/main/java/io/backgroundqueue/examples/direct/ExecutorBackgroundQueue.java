package io.backgroundqueue.examples.direct;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundTaskHandler;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.EnqueueReceipt.Status;
import io.backgroundqueue.JsonCodec;
import io.backgroundqueue.PayloadType;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.TopicName;
import io.backgroundqueue.Worker;
import io.backgroundqueue.WorkerOptions;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The queue of a system that has workers already: tasks run on its {@link ExecutorService}, each of them once. Three
 * methods are enough. What is not written here is inherited: {@code capabilities()} declares nothing, so that callers can
 * ask before they use an option; {@code admin()} refuses everything; {@code enqueueAsync} and {@code enqueueAll} call
 * {@code enqueue}; {@code shutdown(grace)} is {@code close()}. For retries, leases and dead letters write a {@link
 * io.backgroundqueue.spi.QueueDriver} instead. Thread-safe.
 */
public final class ExecutorBackgroundQueue implements BackgroundQueue {
    private static final JsonCodec JSON = new JsonCodec();

    private final ExecutorService executor;
    private final Map<String, ExecutorWorker> workers = new ConcurrentHashMap<>();

    /** Takes {@code executor} over. How many tasks run at once is its affair. */
    public ExecutorBackgroundQueue(ExecutorService executor) {
        this.executor = executor;
    }

    @Override
    public <T> EnqueueReceipt enqueue(String topic, T payload, EnqueueOptions options) {
        EnqueueOptions kept = EnqueueOptions.DEFAULT;
        for (Map.Entry<String, String> header : options.headers().entrySet()) {
            kept = kept.header(header.getKey(), header.getValue());
        }
        refuseOther(options, kept);
        String id = UUID.randomUUID().toString();
        Instant now = Instant.now();
        worker(topic).add(new ExecutorWorker.Entry(id, now, options.headers(), encoded(payload)));
        return new EnqueueReceipt(id, topic, Status.ACCEPTED, Optional.empty(), now, Optional.empty());
    }

    @Override
    public <T> Worker consume(
            String topic, PayloadType<T> type, BackgroundTaskHandler<? super T> handler, WorkerOptions options) {
        refuseOther(options, WorkerOptions.DEFAULT);
        if (handler == null) {
            throw QueueException.invalid("The handler for '" + topic + "' is null. Give a BackgroundTaskHandler");
        }
        ExecutorWorker worker = worker(topic);
        worker.start(entry -> handler.handle(task(entry, topic, JSON.decode(entry.payload(), type))));
        return worker;
    }

    /** Waits up to 30 seconds for what runs, and interrupts it then. */
    @Override
    public void close() {
        executor.shutdown();
        try {
            if (!executor.awaitTermination(DEFAULT_GRACE.toSeconds(), TimeUnit.SECONDS)) {
                executor.shutdownNow();
            }
        } catch (InterruptedException interrupted) {
            executor.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    private ExecutorWorker worker(String topic) {
        if (executor.isShutdown()) {
            throw new QueueException(Kind.CLOSED, "The queue is closed. Open a new one");
        }
        return workers.computeIfAbsent(TopicName.require(topic), name -> new ExecutorWorker(name, executor));
    }

    private static <P> ExecutorTask<P> task(ExecutorWorker.Entry entry, String topic, P payload) {
        return new ExecutorTask<>(entry.id(), topic, payload, entry.headers(), entry.enqueuedAt());
    }

    private static Bytes encoded(Object payload) {
        try {
            return JSON.encode(payload);
        } catch (RuntimeException notJson) {
            throw new QueueException(Kind.INVALID, "The payload is no JSON: " + notJson.getMessage(), null, notJson);
        }
    }

    /** No option is ever ignored. */
    private static void refuseOther(Record options, Record kept) {
        if (!options.equals(kept)) {
            throw new QueueException(Kind.UNSUPPORTED, "An executor can keep none of these options: " + options);
        }
    }
}
