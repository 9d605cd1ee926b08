package io.backgroundqueue.internal;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundTaskHandler;
import io.backgroundqueue.Capabilities;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.EnqueueRequest;
import io.backgroundqueue.EnqueueResult;
import io.backgroundqueue.Feature;
import io.backgroundqueue.PayloadType;
import io.backgroundqueue.QueueAdmin;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.ShutdownReport;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.TaskListener;
import io.backgroundqueue.TopicName;
import io.backgroundqueue.Worker;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Sender;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The one implementation of {@link BackgroundQueue} over a driver. */
public final class EngineQueue implements BackgroundQueue {
    private final EngineContext context;
    private final Executor callbacks;
    private final Outgoing outgoing;
    private final SendBatcher batcher;
    private final Workers workers;
    private final Lifecycle lifecycle;

    private EngineQueue(EngineContext context, Optional<ExecutorService> ownThreads, List<AutoCloseable> owned) {
        this.context = context;
        this.callbacks = ownThreads.isPresent() ? ownThreads.get() : Runnable::run;
        this.outgoing = new Outgoing(context);
        this.batcher = new SendBatcher(context);
        this.workers = new Workers(context);
        this.lifecycle = new Lifecycle(context, batcher, workers, ownThreads, owned);
    }

    /**
     * A queue over {@code driver}, on threads.
     *
     * @param owned closed after the driver
     */
    public static EngineQueue open(QueueDriver driver, QueueOptions options, List<AutoCloseable> owned) {
        Events events = new Events(options.listeners());
        // Callbacks of answers never wait for a thread of the application's: a handler may be waiting for the answer.
        ExecutorService own = HandlerThreads.create();
        Executor handlers = options.executor().orElse(own);
        Loops loops = new ThreadLoops(options.time(), events);
        return open(driver, options, events, loops, handlers, Optional.of(own), owned);
    }

    /** A queue over {@code driver} whose every turn, handlers included, is taken by hand. */
    public static EngineQueue stepped(QueueDriver driver, QueueOptions options, SteppedLoops loops) {
        Events events = new Events(options.listeners());
        return open(driver, options, events, loops, Runnable::run, Optional.empty(), List.of());
    }

    /** A view of {@code queue} that enqueues through what {@code joined} makes of its driver. */
    public static <D extends QueueDriver> BackgroundQueue within(
            BackgroundQueue queue, Class<D> type, Function<? super D, ? extends Sender> joined) {
        if (!(queue instanceof EngineQueue engine) || !type.isInstance(engine.context.driver())) {
            throw QueueException.invalid(
                    "This queue, of '" + queue.capabilities().backend() + "', is not one that " + type.getSimpleName()
                            + " drives. Give the queue as its adapter opened it");
        }
        if (!engine.capabilities().has(Feature.TRANSACTIONAL_ENQUEUE)) {
            throw new QueueException(
                    Kind.UNSUPPORTED,
                    "The backend '" + engine.capabilities().backend() + "' takes no part in transactions. Enqueue when"
                            + " the transaction has committed");
        }
        Sender sender = joined.apply(type.cast(engine.context.driver()));
        return new JoinedQueue(engine, engine.context, engine.lifecycle, sender);
    }

    private static EngineQueue open(
            QueueDriver driver,
            QueueOptions options,
            Events events,
            Loops loops,
            Executor handlers,
            Optional<ExecutorService> own,
            List<AutoCloseable> owned) {
        Capabilities capabilities =
                Refusals.resolve(driver.capabilities(), options.store().isPresent());
        Refusals defaults = new Refusals(capabilities, Kind.MISCONFIGURED);
        defaults.check(options.taskDefaults(), options.time().now());
        defaults.check(options.workerDefaults());
        EngineContext context = new EngineContext(driver, capabilities, options, events, loops, handlers);
        EngineQueue queue = new EngineQueue(context, own, owned);
        queue.batcher.start();
        return queue;
    }

    @Override
    public <T> EnqueueReceipt enqueue(String topic, T payload, EnqueueOptions options) {
        PendingSend pending = begin(new EnqueueRequest<>(topic, payload, options), true);
        return await(pending);
    }

    @Override
    public <T> CompletableFuture<EnqueueReceipt> enqueueAsync(String topic, T payload, EnqueueOptions options) {
        try {
            PendingSend pending = begin(new EnqueueRequest<>(topic, payload, options), false);
            return pending.answer.whenCompleteAsync((receipt, error) -> {}, callbacks);
        } catch (QueueException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    @Override
    public List<EnqueueResult> enqueueAll(List<? extends EnqueueRequest<?>> requests) {
        lifecycle.requireOpen();
        List<Envelope> envelopes = new ArrayList<>(requests.size());
        requests.forEach(request -> envelopes.add(envelope(request)));
        List<Object> sent = new ArrayList<>(requests.size());
        for (Envelope envelope : envelopes) {
            sent.add(attempt(envelope));
        }
        return sent.stream().map(this::result).toList();
    }

    @Override
    public <T> Worker consume(
            String topic, PayloadType<T> type, BackgroundTaskHandler<? super T> handler, WorkerOptions options) {
        TopicName.require(topic);
        if (handler == null) {
            throw QueueException.invalid("The handler for '" + topic + "' is null. Give a BackgroundTaskHandler");
        }
        lifecycle.requireOpen();
        return workers.start(new WorkerSpec<>(topic, type, handler, options), options);
    }

    @Override
    public Capabilities capabilities() {
        return context.capabilities();
    }

    @Override
    public QueueAdmin admin() {
        return new EngineAdmin(context, lifecycle::closed);
    }

    @Override
    public TaskListener listener() {
        return context.events();
    }

    @Override
    public ShutdownReport shutdown(Duration grace) {
        return lifecycle.shutdown(grace);
    }

    @Override
    public void close() {
        lifecycle.shutdown(DEFAULT_GRACE);
    }

    private PendingSend begin(EnqueueRequest<?> request, boolean patient) {
        try {
            lifecycle.requireOpen();
            return add(outgoing.envelope(request), patient);
        } catch (QueueException refused) {
            throw told(request, refused);
        }
    }

    private Envelope envelope(EnqueueRequest<?> request) {
        try {
            return outgoing.envelope(request);
        } catch (QueueException refused) {
            throw told(request, refused);
        }
    }

    private QueueException told(EnqueueRequest<?> request, QueueException refused) {
        String topic = request.topic() == null ? "" : request.topic();
        context.events().on(new TaskEvent.EnqueueFailed(topic, refused));
        return refused;
    }

    private PendingSend add(Envelope envelope, boolean patient) {
        long now = context.time().nanos();
        PendingSend pending = new PendingSend(
                envelope, now, context.time().deadline(context.options().enqueueTimeout()));
        try {
            batcher.add(pending, patient);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw pending.givenUp("because the calling thread was interrupted");
        }
        return pending;
    }

    private Object attempt(Envelope envelope) {
        try {
            return add(envelope, true);
        } catch (QueueException refused) {
            context.events().on(new TaskEvent.EnqueueFailed(envelope.topic(), refused));
            return refused;
        }
    }

    private EnqueueResult result(Object sent) {
        if (sent instanceof QueueException refused) {
            return new EnqueueResult.Failed(refused);
        }
        try {
            return new EnqueueResult.Done(await((PendingSend) sent));
        } catch (QueueException failed) {
            return new EnqueueResult.Failed(failed);
        }
    }

    private EnqueueReceipt await(PendingSend pending) {
        try {
            if (!context.loops().join(pending.answer)) {
                batcher.giveUp(pending, "although nothing else was left to do");
            }
        } catch (InterruptedException interrupted) {
            batcher.giveUp(pending, "before the calling thread was interrupted");
            Thread.currentThread().interrupt();
        }
        return answerOf(pending);
    }

    private static EnqueueReceipt answerOf(PendingSend pending) {
        try {
            return pending.answer.join();
        } catch (CompletionException failed) {
            throw asQueueException(failed.getCause());
        }
    }

    private static QueueException asQueueException(@Nullable Throwable cause) {
        if (cause instanceof QueueException error) {
            return error;
        }
        throw new IllegalStateException("only queue exceptions end a send", cause);
    }
}
