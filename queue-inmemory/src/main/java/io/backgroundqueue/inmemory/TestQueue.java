package io.backgroundqueue.inmemory;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundTaskHandler;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.Capabilities;
import io.backgroundqueue.Codec;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.EnqueueRequest;
import io.backgroundqueue.EnqueueResult;
import io.backgroundqueue.PayloadType;
import io.backgroundqueue.QueueAdmin;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.ShutdownReport;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.TaskListener;
import io.backgroundqueue.Worker;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.internal.EngineQueue;
import io.backgroundqueue.internal.SteppedLoops;
import io.backgroundqueue.spi.Envelope;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/**
 * A queue for an application's own tests: the real engine over memory, without a single thread, on a clock turned by
 * hand. Enqueue what the application enqueues, look at it with {@link #enqueued}, or let its workers work with {@link
 * #drain()}: hours of backoff pass in milliseconds, and every run gives the same result. Not thread-safe.
 */
public final class TestQueue implements BackgroundQueue {
    private static final Instant BEGINNING = Instant.parse("2030-01-01T00:00:00Z");
    private static final int MOST_STEPS = 20_000;

    private final ManualTime time;
    private final Broker broker;
    private final SteppedLoops loops;
    private final EngineQueue queue;
    private final Codec codec;
    private final List<TaskEvent> events = new ArrayList<>();
    private final Set<String> consumed = new TreeSet<>();
    private long runs;

    private TestQueue(QueueOptions options) {
        this.time = new ManualTime(BEGINNING);
        this.broker = new Broker(time, new Capacity(Capacity.DEFAULT_TASKS, Capacity.defaultBytes()));
        this.loops = new SteppedLoops(time);
        this.codec = options.codec();
        QueueOptions stepped =
                options.toBuilder().time(time).listener(this::note).build();
        this.queue = EngineQueue.stepped(new InMemoryDriver(broker), stepped, loops);
    }

    /** A queue with default options; its clock says 2030-01-01T00:00:00Z. */
    public static TestQueue create() {
        return new TestQueue(QueueOptions.DEFAULT);
    }

    /** A queue with the application's options; their clock and executor are not used. */
    public static TestQueue create(QueueOptions options) {
        return new TestQueue(options);
    }

    /** The clock. */
    public ManualTime time() {
        return time;
    }

    /** Everything that has happened so far, in order. */
    public List<TaskEvent> events() {
        return List.copyOf(events);
    }

    /** What is stored on a topic, in order of acceptance: what waits for a worker, and what is dead. */
    public List<Enqueued> enqueued(String topic) {
        return broker.topic(topic).envelopes().stream()
                .map(envelope -> new Enqueued(envelope, codec))
                .toList();
    }

    /**
     * Runs the handlers of all tasks that are due now, and of those that become due without time passing.
     *
     * @return how many times a handler ran
     */
    public long runDue() {
        long before = runs;
        for (int step = 0; loops.pass(); step++) {
            requireEnd(step);
        }
        return runs - before;
    }

    /**
     * Runs everything to its end: time passes to the next delayed task or retry, again and again, until no consumed topic
     * has work left.
     *
     * @return how many times a handler ran
     * @throws IllegalStateException if there is no end, because a task comes back again and again
     */
    public long drain() {
        long before = runs;
        runDue();
        Optional<Duration> next = broker.untilNextChange(consumed);
        for (int step = 0; next.isPresent(); step++) {
            requireEnd(step);
            time.advance(next.get().isNegative() ? Duration.ZERO : next.get());
            runDue();
            next = broker.untilNextChange(consumed);
        }
        return runs - before;
    }

    @Override
    public <T> EnqueueReceipt enqueue(String topic, T payload, EnqueueOptions options) {
        return queue.enqueue(topic, payload, options);
    }

    /** The answer is complete when this returns. */
    @Override
    public <T> CompletableFuture<EnqueueReceipt> enqueueAsync(String topic, T payload, EnqueueOptions options) {
        CompletableFuture<EnqueueReceipt> answer = queue.enqueueAsync(topic, payload, options);
        boolean more = true;
        while (more && !answer.isDone()) {
            more = loops.pump();
        }
        return answer;
    }

    @Override
    public List<EnqueueResult> enqueueAll(List<? extends EnqueueRequest<?>> requests) {
        return queue.enqueueAll(requests);
    }

    /** The handler runs inside {@link #drain()} and {@link #runDue()}, on the thread that calls them. */
    @Override
    public <T> Worker consume(
            String topic, PayloadType<T> type, BackgroundTaskHandler<? super T> handler, WorkerOptions options) {
        Worker worker = queue.consume(topic, type, handler, options);
        consumed.add(topic);
        return worker;
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

    @Override
    public ShutdownReport shutdown(Duration grace) {
        return queue.shutdown(grace);
    }

    @Override
    public void close() {
        queue.close();
    }

    private void note(TaskEvent event) {
        events.add(event);
        if (event instanceof TaskEvent.Started) {
            runs++;
        }
    }

    private static void requireEnd(int step) {
        if (step >= MOST_STEPS) {
            throw new IllegalStateException(
                    "After " + MOST_STEPS + " steps there is still work: a task comes back again"
                            + " and again. Does a handler always ask for a later run, or enqueue its own successor?");
        }
    }

    /** A task that was enqueued. */
    public static final class Enqueued {
        private final Envelope envelope;
        private final Codec codec;

        private Enqueued(Envelope envelope, Codec codec) {
            this.envelope = envelope;
            this.codec = codec;
        }

        /** The id that the receipt named. */
        public String id() {
            return envelope.taskId();
        }

        /** 0 to 9. */
        public int priority() {
            return envelope.priority();
        }

        /** As they were set. */
        public Map<String, String> headers() {
            return envelope.headers();
        }

        /** The encoded payload. */
        public Bytes bytes() {
            return envelope.payload();
        }

        /** The payload, decoded as a worker of this class would. */
        public <T> T payload(Class<T> type) {
            try {
                return codec.decode(envelope.payload(), PayloadType.of(type));
            } catch (Exception undecodable) {
                throw new IllegalArgumentException(
                        "the payload of task " + id() + " is no " + type.getName(), undecodable);
            }
        }

        @Override
        public String toString() {
            return envelope.topic() + " task " + id() + " " + envelope.payload().asUtf8();
        }
    }
}
