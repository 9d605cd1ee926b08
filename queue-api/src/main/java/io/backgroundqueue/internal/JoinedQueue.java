package io.backgroundqueue.internal;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundTaskHandler;
import io.backgroundqueue.Capabilities;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.EnqueueRequest;
import io.backgroundqueue.EnqueueResult;
import io.backgroundqueue.PayloadType;
import io.backgroundqueue.QueueAdmin;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.TaskListener;
import io.backgroundqueue.Worker;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Sender;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A queue whose tasks go out in somebody's transaction: on the calling thread, one send per call, repeated by nobody,
 * since a transaction in which a statement failed is the caller's to end.
 */
final class JoinedQueue implements BackgroundQueue {
    private final BackgroundQueue queue;
    private final EngineContext context;
    private final Lifecycle lifecycle;
    private final Outgoing outgoing;
    private final SendCall call;

    JoinedQueue(BackgroundQueue queue, EngineContext context, Lifecycle lifecycle, Sender sender) {
        this.queue = queue;
        this.context = context;
        this.lifecycle = lifecycle;
        this.outgoing = new Outgoing(context);
        this.call = new SendCall(sender, context);
    }

    @Override
    public <T> EnqueueReceipt enqueue(String topic, T payload, EnqueueOptions options) {
        EnqueueResult result = enqueueAll(List.of(new EnqueueRequest<>(topic, payload, options)))
                .get(0);
        if (result instanceof EnqueueResult.Failed failed) {
            throw failed.error();
        }
        return ((EnqueueResult.Done) result).receipt();
    }

    @Override
    public <T> CompletableFuture<EnqueueReceipt> enqueueAsync(String topic, T payload, EnqueueOptions options) {
        try {
            return CompletableFuture.completedFuture(enqueue(topic, payload, options));
        } catch (QueueException failed) {
            return CompletableFuture.failedFuture(failed);
        }
    }

    @Override
    public List<EnqueueResult> enqueueAll(List<? extends EnqueueRequest<?>> requests) {
        lifecycle.requireOpen();
        List<PendingSend> sends = new ArrayList<>(requests.size());
        requests.forEach(request -> sends.add(pending(request)));
        SendBuffer waiting = new SendBuffer();
        sends.forEach(waiting::add);
        List<EnqueueResult> results = new ArrayList<>(sends.size());
        while (waiting.hasWaiting()) {
            results.addAll(send(
                    waiting.take(context.capabilities().limits(), context.time().nanos())));
        }
        return results;
    }

    @Override
    public <T> Worker consume(
            String topic, PayloadType<T> type, BackgroundTaskHandler<? super T> handler, WorkerOptions options) {
        throw QueueException.invalid("Within a transaction '" + topic
                + "' can only be enqueued to. Consume it on the queue that this view was made of");
    }

    @Override
    public Capabilities capabilities() {
        return queue.capabilities();
    }

    @Override
    public QueueAdmin admin() {
        return queue.admin();
    }

    @Override
    public TaskListener listener() {
        return queue.listener();
    }

    /** Nothing to do: the transaction is the caller's, and so is the queue. */
    @Override
    public void close() {}

    private PendingSend pending(EnqueueRequest<?> request) {
        try {
            long now = context.time().nanos();
            long deadline = context.time().deadline(context.options().enqueueTimeout());
            return new PendingSend(outgoing.envelope(request), now, deadline);
        } catch (QueueException refused) {
            String topic = request.topic() == null ? "" : request.topic();
            context.events().on(new TaskEvent.EnqueueFailed(topic, refused));
            throw refused;
        }
    }

    private List<EnqueueResult> send(List<PendingSend> batch) {
        List<SendResult> results = call.results(batch, context.options().enqueueTimeout());
        List<EnqueueResult> told = new ArrayList<>(batch.size());
        for (int i = 0; i < batch.size(); i++) {
            told.add(told(batch.get(i), results.get(i)));
        }
        return told;
    }

    private EnqueueResult told(PendingSend pending, SendResult result) {
        if (result instanceof SendResult.Failed failed) {
            QueueException error = pending.refused(failed);
            context.events().on(new TaskEvent.EnqueueFailed(pending.envelope.topic(), error));
            return new EnqueueResult.Failed(error);
        }
        EnqueueReceipt receipt = result instanceof SendResult.Duplicate duplicate
                ? pending.duplicate(duplicate.firstTaskId())
                : pending.accepted(((SendResult.Accepted) result).position());
        Duration took = Duration.ofNanos(context.time().nanos() - pending.begunNanos);
        context.events().on(new TaskEvent.Enqueued(pending.envelope.topic(), receipt, took));
        return new EnqueueResult.Done(receipt);
    }
}
