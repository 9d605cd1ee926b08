package io.backgroundqueue.redis;

import io.backgroundqueue.Capabilities;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.Scope;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.WireFormat;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Events on Redis Pub/Sub: a task is published on the channel {@code prefix:topic}, and every receiver that is
 * subscribed at that moment gets it, at most once.
 */
final class RedisPubSubDriver implements QueueDriver {
    private final RedisSettings settings;
    private final EventBound bound;
    private final Time time;
    private final RedisLink link;
    private final Set<RedisPubSubReceiver> receivers = ConcurrentHashMap.newKeySet();
    private final AtomicLong lost = new AtomicLong();
    private volatile boolean closed;

    /**
     * How much one receiver holds that was not handed out.
     *
     * @param events at least 1
     * @param bytes at least 1
     */
    record EventBound(int events, long bytes) {
        static final EventBound DEFAULT = new EventBound(10_000, 64 << 20);
    }

    private RedisPubSubDriver(RedisSettings settings, EventBound bound, Time time) {
        this.settings = settings;
        this.bound = bound;
        this.time = time;
        this.link = new RedisLink(settings, time);
    }

    /** Opens and verifies one. */
    static RedisPubSubDriver open(RedisSettings settings, EventBound bound, Time time) {
        if (settings.database != 0) {
            throw QueueException.invalid(
                    "The database is " + settings.database + ", and Redis Pub/Sub knows no databases:"
                            + " all listen to the same channels. Leave it out, and choose a prefix instead");
        }
        RedisPubSubDriver driver = new RedisPubSubDriver(settings, bound, time);
        try {
            return Opening.explained(settings, () -> {
                driver.check();
                return driver;
            });
        } catch (RuntimeException failed) {
            driver.close();
            throw failed;
        }
    }

    @Override
    public Capabilities capabilities() {
        return RedisPubSubCapabilities.ALL;
    }

    /** An event whose answer was lost may have been heard; it is not published again, for then it might be heard twice. */
    @Override
    public List<SendResult> send(List<Envelope> batch, Duration timeout) {
        List<CommandArguments> commands = batch.stream().map(this::publish).toList();
        try {
            return link.commands(commands, time.deadline(timeout)).stream()
                    .map(this::result)
                    .toList();
        } catch (RuntimeException failed) {
            if (classify(failed) != ErrorClass.OUTCOME_UNKNOWN) {
                throw failed;
            }
            return batch.stream().map(envelope -> unknown(envelope, failed)).toList();
        }
    }

    @Override
    public Receiver receiver(String topic, ReceiverOptions options) {
        EventBuffer buffer = new EventBuffer(topic, bound.events, bound.bytes, time);
        Subscription subscription = new Subscription(link, channel(topic), settings.connectTimeout, time, buffer);
        requireOpen();
        subscription.subscribe();
        RedisPubSubReceiver receiver = new RedisPubSubReceiver(topic, options, time, buffer, subscription, this::ended);
        receivers.add(receiver);
        return receiver;
    }

    @Override
    public DeadLetterCursor deadLetters(String topic) {
        throw new UnsupportedOperationException("DEAD_LETTERS is not declared");
    }

    @Override
    public long purge(String topic, Scope scope) {
        throw new UnsupportedOperationException("PURGE is not declared");
    }

    @Override
    public void check() {
        link.command(new CommandArguments(Command.PING), time.deadline(settings.connectTimeout));
    }

    @Override
    public ErrorClass classify(Exception error) {
        return closed ? ErrorClass.CLOSED : RedisErrors.classify(error);
    }

    @Override
    public long lostAtClose() {
        return lost.get()
                + receivers.stream().mapToInt(RedisPubSubReceiver::kept).sum();
    }

    @Override
    public void close() {
        closed = true;
        link.close();
    }

    private void ended(RedisPubSubReceiver receiver) {
        if (receivers.remove(receiver)) {
            lost.addAndGet(receiver.kept());
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new QueueException(
                    QueueException.Kind.CLOSED, "This driver of Redis Pub/Sub is closed. Open another one to go on");
        }
    }

    private CommandArguments publish(Envelope envelope) {
        return new CommandArguments(Command.PUBLISH)
                .add(channel(envelope.topic()))
                .add(WireFormat.toLine(envelope, Progress.NONE, null).toArray());
    }

    private SendResult result(Object answer) {
        return answer instanceof JedisDataException error
                ? new SendResult.Failed(classify(error), error)
                : SendResult.ACCEPTED;
    }

    private static SendResult unknown(Envelope envelope, Exception cause) {
        return new SendResult.Failed(
                ErrorClass.REFUSED,
                new QueueException(
                        QueueException.Kind.OUTCOME_UNKNOWN,
                        "Event " + envelope.taskId() + " for '" + envelope.topic()
                                + "' was published, and the answer was"
                                + " lost: it may have been heard or not. It is not published again, for nobody hears an"
                                + " event twice. Enqueue it again if twice does no harm",
                        envelope.taskId(),
                        cause));
    }

    private byte[] channel(String topic) {
        return TopicKeys.bytes(settings.prefix + ":" + topic);
    }
}
