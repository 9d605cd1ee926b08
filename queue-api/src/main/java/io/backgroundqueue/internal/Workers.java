package io.backgroundqueue.internal;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.ShutdownReport;
import io.backgroundqueue.Worker;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.internal.Loops.Loop;
import io.backgroundqueue.spi.Duty;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/** The workers of one queue, one per topic, and the driver's duties, which are turned while there is a worker. */
final class Workers {
    private static final Duration HANDOVER = Duration.ofSeconds(3);
    private static final int MOST_BYTES_PER_RECEIVE = 16 << 20;
    private static final Duration REST = Duration.ofHours(1);

    private final EngineContext context;
    private final DriverCalls calls;
    private final Refusals refusals;
    private final ReentrantLock lock = new ReentrantLock();
    private final Set<String> taken = new HashSet<>();
    private final Map<String, EngineWorker<?>> running = new HashMap<>();
    private final List<Loop> duties = new ArrayList<>();
    private final AtomicLong number = new AtomicLong();
    private final String queueId = UUID.randomUUID().toString();
    private volatile boolean any;
    private boolean dutiesStarted;
    private boolean refusing;

    Workers(EngineContext context) {
        this.context = context;
        this.calls = new DriverCalls(context.driver(), context.time(), context.loops());
        this.refusals = new Refusals(context.capabilities(), Kind.UNSUPPORTED);
    }

    <T> Worker start(WorkerSpec<T> asked, WorkerOptions options) {
        refusals.check(options);
        WorkerSpec<T> spec = new WorkerSpec<>(
                asked.topic(),
                asked.type(),
                asked.handler(),
                options.orElse(context.options().workerDefaults()));
        reserve(spec.topic());
        try {
            Receiver receiver = calls.call(
                    "Consuming '" + spec.topic() + "'",
                    () -> context.driver().receiver(spec.topic(), receiverOptions(spec)));
            return begin(spec, receiver);
        } catch (RuntimeException | Error failed) {
            ended(spec.topic());
            throw failed;
        }
    }

    private <T> Worker begin(WorkerSpec<T> spec, Receiver receiver) {
        try {
            EngineWorker<T> worker = new EngineWorker<>(context, spec, receiver, () -> ended(spec.topic()));
            begin(worker, receiver);
            return worker;
        } catch (RuntimeException | Error failed) {
            receiver.close();
            throw failed;
        }
    }

    /** Shuts all workers down side by side. */
    ShutdownReport shutdown(long deadlineNanos) {
        List<EngineWorker<?>> all;
        lock.lock();
        try {
            all = List.copyOf(running.values());
        } finally {
            lock.unlock();
        }
        return EngineWorker.shutdown(context, all, deadlineNanos);
    }

    /** Starts no more workers. */
    void refuse() {
        lock.lock();
        try {
            refusing = true;
        } finally {
            lock.unlock();
        }
    }

    void stopDuties() {
        List<Loop> stopping;
        lock.lock();
        try {
            stopping = List.copyOf(duties);
            duties.clear();
        } finally {
            lock.unlock();
        }
        Loops.stop(stopping);
    }

    private void reserve(String topic) {
        lock.lock();
        try {
            if (!taken.add(topic)) {
                throw QueueException.invalid(
                        "This queue consumes '" + topic + "' already, and a topic has one worker per"
                                + " queue. Raise its concurrency, shut it down first, or open a second queue");
            }
        } finally {
            lock.unlock();
        }
    }

    private void begin(EngineWorker<?> worker, Receiver receiver) {
        lock.lock();
        try {
            if (refusing) {
                throw new QueueException(Kind.CLOSED, "The queue was closed while '" + worker.topic() + "' was opened");
            }
            List<Duty> driverDuties =
                    dutiesStarted ? List.of() : context.driver().duties();
            worker.start(receiver);
            running.put(worker.topic(), worker);
            any = true;
            dutiesStarted = true;
            driverDuties.forEach(duty -> duties.add(context.loops().start(new WhileConsuming(duty), "queue", false)));
            duties.forEach(Loop::wake);
        } finally {
            lock.unlock();
        }
    }

    private void ended(String topic) {
        lock.lock();
        try {
            taken.remove(topic);
            running.remove(topic);
            any = !running.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    private ReceiverOptions receiverOptions(WorkerSpec<?> spec) {
        return new ReceiverOptions(
                spec.concurrency(),
                spec.options().prefetch(),
                EngineWorker.maxUnsettled(spec),
                MOST_BYTES_PER_RECEIVE,
                spec.lease(),
                HANDOVER,
                EngineContext.CALL_TIMEOUT,
                ProcessHandle.current().pid() + "-" + queueId + "-" + number.incrementAndGet());
    }

    /** A driver's duty, which rests while nothing is consumed. */
    private final class WhileConsuming implements Duty {
        private final Duty duty;

        WhileConsuming(Duty duty) {
            this.duty = duty;
        }

        @Override
        public String name() {
            return duty.name();
        }

        @Override
        public Duration turn() throws Exception {
            return any ? duty.turn() : REST;
        }

        @Override
        public void wake() {
            duty.wake();
        }

        @Override
        public void close() {
            duty.close();
        }
    }
}
