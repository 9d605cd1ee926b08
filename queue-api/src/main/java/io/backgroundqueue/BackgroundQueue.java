package io.backgroundqueue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Hands slow work to a backend and lets workers do it. Thread-safe.
 *
 * <p>Open one with {@link BackgroundQueues#open(String)} or an adapter's builder. An application may also implement it
 * directly, for a system that already has workers of its own: three methods. Such a queue declares no capability unless
 * it overrides {@link #capabilities()}, and inherits the behaviour that each default method states. To add a broker,
 * implement {@link io.backgroundqueue.spi.QueueDriver} instead.
 */
public interface BackgroundQueue extends AutoCloseable {
    /** How long {@link #close()} waits for running handlers. */
    Duration DEFAULT_GRACE = Duration.ofSeconds(30);

    /**
     * Stores a task; returns when the backend has it. Blocks up to the queue's enqueue timeout.
     *
     * @throws QueueException if it was not stored, or if that is not known; see {@link QueueException.Kind}
     */
    <T> EnqueueReceipt enqueue(String topic, T payload, EnqueueOptions options);

    /**
     * Starts a worker on a topic; one per topic and queue. Returns once it is set up; tasks arrive on other threads.
     *
     * @throws QueueException of kind INVALID if this queue consumes the topic already
     */
    <T> Worker consume(
            String topic, PayloadType<T> type, BackgroundTaskHandler<? super T> handler, WorkerOptions options);

    /** {@link #shutdown(Duration)} with 30 seconds. Twice is harmless. */
    @Override
    void close();

    /** {@link #enqueue(String, Object, EnqueueOptions)} with default options. */
    default <T> EnqueueReceipt enqueue(String topic, T payload) {
        return enqueue(topic, payload, EnqueueOptions.DEFAULT);
    }

    /** {@link #consume(String, PayloadType, BackgroundTaskHandler, WorkerOptions)} of a plain class. */
    default <T> Worker consume(
            String topic, Class<T> type, BackgroundTaskHandler<? super T> handler, WorkerOptions options) {
        return consume(topic, PayloadType.of(type), handler, options);
    }

    /** {@link #consume(String, PayloadType, BackgroundTaskHandler, WorkerOptions)} of a plain class, default options. */
    default <T> Worker consume(String topic, Class<T> type, BackgroundTaskHandler<? super T> handler) {
        return consume(topic, PayloadType.of(type), handler, WorkerOptions.DEFAULT);
    }

    /** {@link #consume(String, PayloadType, BackgroundTaskHandler, WorkerOptions)} with default options. */
    default <T> Worker consume(String topic, PayloadType<T> type, BackgroundTaskHandler<? super T> handler) {
        return consume(topic, type, handler, WorkerOptions.DEFAULT);
    }

    /**
     * Starts to store a task and returns at once. The payload is encoded on the calling thread. Fails at once, in the
     * future, when the queue's buffer is full. By default: {@link #enqueue} on the JDK's common pool.
     */
    default <T> CompletableFuture<EnqueueReceipt> enqueueAsync(String topic, T payload, EnqueueOptions options) {
        return CompletableFuture.supplyAsync(() -> enqueue(topic, payload, options));
    }

    /** {@link #enqueueAsync(String, Object, EnqueueOptions)} with default options. */
    default <T> CompletableFuture<EnqueueReceipt> enqueueAsync(String topic, T payload) {
        return enqueueAsync(topic, payload, EnqueueOptions.DEFAULT);
    }

    /**
     * Stores many tasks in as few round trips as the backend allows; one result per request, in order. Topics may mix.
     * By default: {@link #enqueue}, one after the other.
     *
     * @throws QueueException if nothing was sent, because a request is invalid or the queue is closed
     */
    default List<EnqueueResult> enqueueAll(List<? extends EnqueueRequest<?>> requests) {
        List<EnqueueResult> results = new ArrayList<>(requests.size());
        for (EnqueueRequest<?> request : requests) {
            try {
                results.add(new EnqueueResult.Done(enqueue(request.topic(), request.payload(), request.options())));
            } catch (QueueException error) {
                results.add(new EnqueueResult.Failed(error));
            }
        }
        return results;
    }

    /** What this queue can do. By default: {@link Capabilities#NONE}. */
    default Capabilities capabilities() {
        return Capabilities.NONE;
    }

    /** Stats, dead letters, cancelling, purging, checking. By default: refuses everything. */
    default QueueAdmin admin() {
        return new NoAdmin(capabilities());
    }

    /**
     * Stops all workers as {@link Worker#shutdown} does, completes pending sends and hooks, and disconnects; bounded by
     * {@code grace} and a few seconds for storing answers. Twice is harmless. By default: {@link #close()}, with an
     * empty report.
     */
    default ShutdownReport shutdown(Duration grace) {
        close();
        return ShutdownReport.EMPTY;
    }

    /** Where helpers that stand on this queue, such as hooks, report events. By default: nowhere. */
    default TaskListener listener() {
        return TaskListener.NONE;
    }
}
