package io.backgroundqueue.testkit.remote;

import io.backgroundqueue.Capabilities;
import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.Feature;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.Scope;
import io.backgroundqueue.Support;
import io.backgroundqueue.TopicStats;
import io.backgroundqueue.inmemory.InMemoryProvider;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.QueueUrl;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.testkit.remote.Wire.Sent;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import tools.jackson.core.type.TypeReference;

/** Talks to a {@link RemoteBroker}. */
final class RemoteDriver implements QueueDriver {
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(8);

    private final Connections connections;

    RemoteDriver(InetSocketAddress broker) {
        this.connections = new Connections(broker);
    }

    static Capabilities declared() {
        QueueDriver model = new InMemoryProvider().open(QueueUrl.parse("memory:"), QueueOptions.DEFAULT);
        Capabilities memory = model.capabilities();
        model.close();
        return new Capabilities(
                        "remote",
                        memory.features(),
                        memory.limits().maxWait(Duration.ofMillis(500)),
                        memory.leaseKind(),
                        memory.settleDurable(),
                        memory.conflictReported(),
                        memory.interruptionPrecision(),
                        Capabilities.Durability.BROKER_MEMORY)
                .with(Feature.DURABILITY, Support.natively());
    }

    @Override
    public Capabilities capabilities() {
        return declared();
    }

    @Override
    public List<SendResult> send(List<Envelope> batch, Duration timeout) throws Exception {
        List<Sent> sent =
                connections.call(timeout, new TypeReference<List<Sent>>() {}, "send", batch, timeout.toMillis());
        return sent.stream().map(RemoteDriver::result).toList();
    }

    @Override
    public Receiver receiver(String topic, ReceiverOptions options) throws Exception {
        long number = connections.call(CALL_TIMEOUT, new TypeReference<Long>() {}, "receiver", topic, options);
        return new RemoteReceiver(connections, number, CALL_TIMEOUT);
    }

    @Override
    public DeadLetterCursor deadLetters(String topic) throws Exception {
        long walk = connections.call(CALL_TIMEOUT, new TypeReference<Long>() {}, "walk", topic);
        return new Walk(connections, walk);
    }

    @Override
    public TopicStats stats(String topic) throws Exception {
        return connections.call(CALL_TIMEOUT, new TypeReference<TopicStats>() {}, "stats", topic);
    }

    @Override
    public boolean cancel(String topic, String taskId) throws Exception {
        return connections.call(CALL_TIMEOUT, new TypeReference<Boolean>() {}, "cancel", topic, taskId);
    }

    @Override
    public long purge(String topic, Scope scope) throws Exception {
        return connections.call(CALL_TIMEOUT, new TypeReference<Long>() {}, "purge", topic, scope);
    }

    @Override
    public void check() throws Exception {
        connections.call(CALL_TIMEOUT, new TypeReference<Boolean>() {}, "check");
    }

    @Override
    public ErrorClass classify(Exception error) {
        if (error instanceof Connections.NotSent) {
            return ErrorClass.TRANSIENT;
        }
        return error instanceof IOException ? ErrorClass.OUTCOME_UNKNOWN : ErrorClass.REFUSED;
    }

    @Override
    public void close() {
        connections.close();
    }

    private static SendResult result(Sent sent) {
        return switch (sent.kind()) {
            case "accepted" -> new SendResult.Accepted(sent.detail());
            case "duplicate" -> new SendResult.Duplicate(sent.detail());
            default ->
                new SendResult.Failed(
                        ErrorClass.REFUSED,
                        new IllegalStateException(sent.detail().orElse("?")));
        };
    }

    private record Walk(Connections connections, long number) implements DeadLetterCursor {
        @Override
        public List<DeadLetter> next(int max) throws Exception {
            return connections.call(CALL_TIMEOUT, new TypeReference<List<DeadLetter>>() {}, "letters", number, max);
        }

        @Override
        public int replay(List<DeadLetter> letters) throws Exception {
            return connections.call(CALL_TIMEOUT, new TypeReference<Integer>() {}, "replay", number, ids(letters));
        }

        @Override
        public int purge(List<DeadLetter> letters) throws Exception {
            return connections.call(CALL_TIMEOUT, new TypeReference<Integer>() {}, "drop", number, ids(letters));
        }

        @Override
        public void close() {
            connections.tell("walked", number);
        }

        private static List<String> ids(Collection<DeadLetter> letters) {
            return letters.stream().map(DeadLetter::id).toList();
        }
    }

    /** What a delivery is called at the broker. */
    record RemoteLease(long number) implements io.backgroundqueue.spi.Lease {
        static long of(Delivery delivery) {
            return ((RemoteLease) delivery.lease()).number();
        }
    }
}
