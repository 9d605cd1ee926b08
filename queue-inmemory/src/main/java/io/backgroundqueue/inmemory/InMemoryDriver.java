package io.backgroundqueue.inmemory;

import io.backgroundqueue.Capabilities;
import io.backgroundqueue.Capabilities.Durability;
import io.backgroundqueue.Capabilities.LeaseKind;
import io.backgroundqueue.Capabilities.Precision;
import io.backgroundqueue.Feature;
import io.backgroundqueue.Limits;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.Scope;
import io.backgroundqueue.Support;
import io.backgroundqueue.TopicStats;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.SendResult;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A connection to a {@link Broker}: several drivers on one broker behave like several processes on one server. A driver
 * that is closed gives back nothing, as a process that is killed: what its receivers hold comes back when the leases
 * end.
 *
 * <p>There is no network, so nothing here is slow, fails in part, or has an unknown outcome. What the other drivers do
 * in round trips is a call into a {@link TopicStore}.
 */
final class InMemoryDriver implements QueueDriver {
    private static final Duration PROMPT = Duration.ofMillis(100);

    private final Broker broker;
    private final Runnable afterClose;
    private final Capabilities capabilities;
    private final Set<InMemoryReceiver> receivers = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile long lost;

    InMemoryDriver(Broker broker) {
        this(broker, () -> {});
    }

    /** @param afterClose run once, after this driver has left the broker */
    InMemoryDriver(Broker broker, Runnable afterClose) {
        this.broker = broker;
        this.afterClose = afterClose;
        this.capabilities = capabilities(broker.capacity());
        broker.join();
    }

    @Override
    public Capabilities capabilities() {
        return capabilities;
    }

    /** Each task stands for itself: one that does not fit fails alone. */
    @Override
    public List<SendResult> send(List<Envelope> batch, Duration timeout) {
        requireOpen();
        return batch.stream()
                .map(envelope -> broker.topic(envelope.topic()).send(envelope))
                .toList();
    }

    @Override
    public Receiver receiver(String topic, ReceiverOptions options) {
        requireOpen();
        InMemoryReceiver receiver = new InMemoryReceiver(topic, broker, options, receivers::remove);
        receivers.add(receiver);
        return receiver;
    }

    @Override
    public DeadLetterCursor deadLetters(String topic) {
        requireOpen();
        return new InMemoryDeadLetterCursor(broker.topic(topic), broker.lastNumber(), this::requireOpen);
    }

    @Override
    public TopicStats stats(String topic) {
        requireOpen();
        return broker.topic(topic).stats();
    }

    @Override
    public boolean cancel(String topic, String taskId) {
        requireOpen();
        return broker.topic(topic).cancel(taskId);
    }

    @Override
    public long purge(String topic, Scope scope) {
        requireOpen();
        return broker.topic(topic).purge(scope);
    }

    @Override
    public void check() {
        requireOpen();
    }

    @Override
    public ErrorClass classify(Exception error) {
        if (closed.get()) {
            return ErrorClass.CLOSED;
        }
        if (error instanceof QueueException refused) {
            return switch (refused.kind()) {
                case CLOSED -> ErrorClass.CLOSED;
                case OVERLOADED -> ErrorClass.THROTTLED;
                case MISCONFIGURED -> ErrorClass.MISCONFIGURED;
                case INVALID, TOO_LARGE, UNSUPPORTED -> ErrorClass.REFUSED;
                case UNAVAILABLE -> ErrorClass.TRANSIENT;
                case OUTCOME_UNKNOWN -> ErrorClass.OUTCOME_UNKNOWN;
            };
        }
        // An interrupted wait has changed nothing. Anything else would be a defect of ours, of unknown consequence.
        return error instanceof InterruptedException ? ErrorClass.TRANSIENT : ErrorClass.OUTCOME_UNKNOWN;
    }

    @Override
    public long lostAtClose() {
        return closed.get() ? lost : broker.lostByLeaving();
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            receivers.forEach(InMemoryReceiver::close);
            lost = broker.leave();
            afterClose.run();
        }
    }

    private void requireOpen() {
        if (closed.get()) {
            throw new QueueException(
                    QueueException.Kind.CLOSED, "This in-memory driver is closed. Open another one to go on");
        }
    }

    private static Capabilities capabilities(Capacity capacity) {
        Map<Feature, Support> features = new EnumMap<>(Feature.class);
        for (Feature feature : Feature.values()) {
            features.put(feature, Support.natively());
        }
        features.put(
                Feature.TRANSACTIONAL_ENQUEUE,
                Support.unsupported("there are no transactions in memory", "use queue-jdbc"));
        Limits limits = Limits.DEFAULT
                .maxPayloadBytes((int) Math.min(Limits.DEFAULT.maxPayloadBytes(), capacity.maxBytes()))
                .priorityLevels(ReadyLevels.COUNT)
                .lateness(PROMPT)
                .leaseDetection(PROMPT);
        return new Capabilities(
                "inmemory", features, limits, LeaseKind.TIMED, true, true, Precision.EXACT, Durability.PROCESS);
    }
}
