package io.backgroundqueue.rabbitmq;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ChannelContinuationTimeoutException;
import com.rabbitmq.client.ShutdownSignalException;
import io.backgroundqueue.Capabilities;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.Scope;
import io.backgroundqueue.Time;
import io.backgroundqueue.TopicStats;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.Lanes;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.SendResult;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeoutException;

/** Tasks on a RabbitMQ broker. Which queue and which connection is for what, and why, is decision 0008. */
final class RabbitMQDriver implements QueueDriver {
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(8);

    /** Who publishes finds out about a dead connection by its confirms, too. */
    private static final int PUBLISHER_HEARTBEAT = 5;

    private static final int ADMIN_HEARTBEAT = 10;

    private final RabbitMQSettings settings;
    private final Time time;
    private final Declared declared = new Declared();
    private final Link publishing;
    private final RabbitMQParts parts;
    private final Capabilities capabilities;
    private final Link admin;
    private final ConcurrentMap<Integer, Link> consuming = new ConcurrentHashMap<>();
    private volatile boolean closed;

    private RabbitMQDriver(RabbitMQSettings settings, Time time) {
        this.settings = settings;
        this.time = time;
        this.publishing = new Link(settings, time, PUBLISHER_HEARTBEAT, "backgroundqueue publisher", declared);
        this.admin = new Link(settings, time, ADMIN_HEARTBEAT, "backgroundqueue admin", declared);
        Names names = new Names(settings);
        Topology topology = new Topology(settings, names, admin, declared, time);
        this.parts = new RabbitMQParts(
                names, topology, new Messages(names, topology, time), new Publisher(publishing, time), time);
        this.capabilities = RabbitMQCapabilities.of(names);
    }

    /** Connects, and refuses a broker that cannot keep what is promised. Declares nothing. */
    static RabbitMQDriver open(RabbitMQSettings settings, Time time) throws IOException, InterruptedException {
        RabbitMQDriver driver = new RabbitMQDriver(settings, time);
        try {
            Wire wire = driver.publishing.wire(time.deadline(settings.connectTimeout));
            ServerFacts.of(wire.serverProperties()).require(settings);
            return driver;
        } catch (IOException | InterruptedException | RuntimeException refused) {
            driver.close();
            throw refused;
        }
    }

    @Override
    public Capabilities capabilities() {
        return capabilities;
    }

    /** All tasks are published, and then their confirms awaited once. */
    @Override
    public List<SendResult> send(List<Envelope> batch, Duration timeout) throws IOException, InterruptedException {
        requireOpen();
        long deadline = time.deadline(timeout);
        Wire wire = parts.publisher().wire(deadline);
        return parts.publisher().publish(wire, batch, task -> parts.messages().fresh(task, deadline), deadline).stream()
                .map(RabbitMQDriver::result)
                .toList();
    }

    @Override
    public Receiver receiver(String topic, ReceiverOptions options) {
        requireOpen();
        requireGroup(topic);
        return new RabbitMQReceiver(topic, parts, consumingLink(heartbeat(options.lease())), options);
    }

    @Override
    public DeadLetterCursor deadLetters(String topic) throws IOException, InterruptedException {
        requireOpen();
        requireGroup(topic);
        OptionalLong ready = ready(parts.names().dead(topic));
        boolean any = ready.isPresent() && (ready.getAsLong() > 0 || hasLetters(topic));
        return reading(() -> new RabbitMQDeadLetterCursor(topic, parts, channelOn(adminWire()), any));
    }

    /**
     * The broker says that there are none where it has not found out, as when it is busy; or when the queue is just being made:
     * whoever asks that one for a letter loses the connection, so this has one of its own.
     */
    private boolean hasLetters(String topic) throws RabbitMQFailure, InterruptedException {
        Link link = admin.apart();
        Wire wire = link.wire(time.deadline(CALL_TIMEOUT));
        try {
            HeldLetters letters = new HeldLetters(wire.channel(), parts.names().dead(topic), time);
            boolean any = letters.take() != null;
            letters.giveBack();
            return any;
        } catch (IOException | RuntimeException failed) {
            throw new RabbitMQFailure(
                    ErrorClass.TRANSIENT,
                    "RabbitMQ does not say whether '" + topic
                            + "' has dead letters: their queue is just being made, or has" + " no leader",
                    failed);
        } finally {
            link.close();
        }
    }

    @Override
    public TopicStats stats(String topic) throws IOException, InterruptedException {
        requireOpen();
        requireGroup(topic);
        long ready = 0;
        for (int lane = 0; lane < Lanes.COUNT; lane++) {
            ready += ready(parts.names().lane(topic, lane)).orElse(0);
        }
        return new TopicStats(
                OptionalLong.of(ready),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.of(ready(parts.names().dead(topic)).orElse(0)),
                Optional.empty());
    }

    @Override
    public long purge(String topic, Scope scope) throws IOException, InterruptedException {
        requireOpen();
        requireGroup(topic);
        if (scope != Scope.DEAD) {
            throw new UnsupportedOperationException("PURGE is not declared");
        }
        return asked(channel -> channel.queuePurge(parts.names().dead(topic)).getMessageCount())
                .orElse(0);
    }

    @Override
    public void check() throws IOException, InterruptedException {
        requireOpen();
        Wire wire = parts.publisher().wire(time.deadline(CALL_TIMEOUT));
        try {
            wire.channel().close();
        } catch (TimeoutException silent) {
            wire.cut();
            throw new RabbitMQFailure(ErrorClass.TRANSIENT, settings + " does not answer", silent);
        }
    }

    @Override
    public ErrorClass classify(Exception error) {
        return closed ? ErrorClass.CLOSED : RabbitMQErrors.classify(error);
    }

    @Override
    public void close() {
        closed = true;
        consuming.values().forEach(Link::close);
        admin.close();
        publishing.close();
    }

    private static SendResult result(Optional<RabbitMQFailure> answer) {
        return answer.<SendResult>map(failure -> new SendResult.Failed(failure.errorClass(), failure))
                .orElse(SendResult.ACCEPTED);
    }

    /** Three signs of life per lease: the broker drops who misses two of them. */
    private static int heartbeat(Duration lease) {
        return (int) Math.max(1, Math.min(60, lease.toSeconds() / 3));
    }

    private Link consumingLink(int heartbeat) {
        return consuming.computeIfAbsent(
                heartbeat, seconds -> new Link(settings, time, seconds, "backgroundqueue worker", declared));
    }

    /** Not the publishing one, which a broker short of memory does not listen to; nor one that holds leases. */
    private Wire adminWire() throws RabbitMQFailure, InterruptedException {
        return admin.wire(time.deadline(CALL_TIMEOUT));
    }

    private static Channel channelOn(Wire wire) throws IOException {
        try {
            return wire.channel();
        } catch (ChannelContinuationTimeoutException silent) {
            wire.cut();
            throw silent;
        }
    }

    private OptionalLong ready(String queue) throws IOException, InterruptedException {
        return reading(() -> asked(channel -> channel.queueDeclarePassive(queue).getMessageCount()));
    }

    private interface Reading<T> {
        T read() throws IOException, InterruptedException;
    }

    /** What changes nothing may be asked again. */
    private <T> T reading(Reading<T> reading) throws IOException, InterruptedException {
        try {
            return reading.read();
        } catch (IOException | ShutdownSignalException failed) {
            if (RabbitMQErrors.classify(failed) != ErrorClass.OUTCOME_UNKNOWN) {
                throw failed;
            }
            throw new RabbitMQFailure(ErrorClass.TRANSIENT, settings + " does not answer: " + failed, failed);
        }
    }

    private interface Question {
        long ask(Channel channel) throws IOException;
    }

    /** The answer; empty if there is no such queue. */
    private OptionalLong asked(Question question) throws IOException, InterruptedException {
        Wire wire = adminWire();
        try (Channel channel = channelOn(wire)) {
            return OptionalLong.of(question.ask(channel));
        } catch (TimeoutException silent) {
            wire.cut();
            throw new RabbitMQFailure(ErrorClass.TRANSIENT, settings + " does not answer", silent);
        } catch (ChannelContinuationTimeoutException silent) {
            wire.cut();
            throw silent;
        } catch (IOException | RuntimeException failed) {
            if (RabbitMQErrors.reason(failed)
                    .filter(why -> why.code() == AMQP.NOT_FOUND)
                    .isPresent()) {
                return OptionalLong.empty();
            }
            throw failed;
        }
    }

    private void requireGroup(String topic) {
        if (settings.exchangeType.spreads() && settings.group.isEmpty()) {
            throw new QueueException(
                    QueueException.Kind.MISCONFIGURED,
                    "Behind an exchange of the type topic or fanout each group has queues of its own for '" + topic
                            + "', and this queue has no group: set it, by builder or URL");
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new QueueException(QueueException.Kind.CLOSED, "This driver is closed. Open another one to go on");
        }
    }
}
