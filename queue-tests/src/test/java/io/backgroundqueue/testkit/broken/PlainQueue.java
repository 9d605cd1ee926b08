package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundTaskHandler;
import io.backgroundqueue.Capabilities;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.EnqueueRequest;
import io.backgroundqueue.EnqueueResult;
import io.backgroundqueue.PayloadType;
import io.backgroundqueue.QueueAdmin;
import io.backgroundqueue.ShutdownReport;
import io.backgroundqueue.TaskListener;
import io.backgroundqueue.Worker;
import io.backgroundqueue.WorkerOptions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Does what another queue does. A fault is a method that is overridden. */
class PlainQueue implements BackgroundQueue {
    final BackgroundQueue next;

    PlainQueue(BackgroundQueue next) {
        this.next = next;
    }

    @Override
    public <T> EnqueueReceipt enqueue(String topic, T payload, EnqueueOptions options) {
        return next.enqueue(topic, payload, options);
    }

    @Override
    public <T> CompletableFuture<EnqueueReceipt> enqueueAsync(String topic, T payload, EnqueueOptions options) {
        return next.enqueueAsync(topic, payload, options);
    }

    @Override
    public List<EnqueueResult> enqueueAll(List<? extends EnqueueRequest<?>> requests) {
        return next.enqueueAll(requests);
    }

    @Override
    public <T> Worker consume(
            String topic, PayloadType<T> type, BackgroundTaskHandler<? super T> handler, WorkerOptions options) {
        return next.consume(topic, type, handler, options);
    }

    @Override
    public Capabilities capabilities() {
        return next.capabilities();
    }

    @Override
    public QueueAdmin admin() {
        return next.admin();
    }

    @Override
    public TaskListener listener() {
        return next.listener();
    }

    @Override
    public ShutdownReport shutdown(Duration grace) {
        return next.shutdown(grace);
    }

    @Override
    public void close() {
        next.close();
    }
}
