package io.backgroundqueue.rabbitmq;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ChannelContinuationTimeoutException;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.ShutdownSignalException;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.Time;
import io.backgroundqueue.rabbitmq.Held.State;
import io.backgroundqueue.spi.LaneBuffer;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The consumer of one lane on a channel of its own, and the generation of the leases that it hands out: they end with it,
 * and no tag of it is ever used on another channel.
 */
final class LaneConsumer extends DefaultConsumer {
    private static final Logger LOG = LoggerFactory.getLogger(LaneConsumer.class);
    /** How long the first message may take, where there are some. */
    private static final Duration FIRST = Duration.ofMillis(200);

    /** A message and the answer that there are none may cross. */
    private static final Duration CROSSING = Duration.ofMillis(10);

    /** A broker that has not found out how many there are in a quarter of a second says that there are none. */
    private static final Duration GUESS = Duration.ofMillis(200);

    private static final int QUESTIONS = 3;

    private final Wire wire;
    private final Channel channel;
    private final int index;
    private final String queue;
    private final Time time;
    private final Unsettled unsettled;
    private volatile boolean dead;
    private volatile boolean silent;
    /** The loop thread's. */
    private String consumer = "";

    LaneConsumer(Wire wire, int index, String queue, LaneBuffer<Held> buffer, Time time) throws IOException {
        super(wire.channel());
        this.wire = wire;
        this.channel = getChannel();
        this.index = index;
        this.queue = queue;
        this.time = time;
        this.unsettled = new Unsettled(buffer, time);
    }

    int index() {
        return index;
    }

    Unsettled unsettled() {
        return unsettled;
    }

    /** Whether what it handed out is still its own. */
    boolean isAlive() {
        return !dead && wire.isOpen() && channel.isOpen();
    }

    /** Whether the broker did not answer here: its queue may have no leader. */
    boolean isSilent() {
        return silent;
    }

    boolean isConsuming() {
        return !consumer.isEmpty();
    }

    /** How many are out. */
    int out() {
        return isAlive() ? unsettled.out() : 0;
    }

    /** Whether this delivery is out and can be settled. */
    boolean holds(Held held) {
        return isAlive() && unsettled.has(held);
    }

    /**
     * Whether the queue answers at once, at least when it is asked again: a broker may be busy. If not, it has no leader, and
     * consuming it ends the connection at last.
     */
    boolean answers() throws IOException {
        for (int i = 0; i < QUESTIONS; i++) {
            long begin = time.nanos();
            asked(() -> channel.messageCount(queue));
            if (isAtOnce(begin)) {
                return true;
            }
        }
        return false;
    }

    /** Moves a delivery on; false if it stands elsewhere, or was settled or lost. */
    boolean move(Held held, State from, State to) {
        return isAlive() && unsettled.move(held, from, to);
    }

    /** Consumes with this limit of unsettled messages. */
    void consume(int most) throws IOException {
        consumer = asked(() -> {
            boolean waiting = mayHaveMore();
            channel.basicQos(most);
            unsettled.limit(most, waiting ? FIRST : Duration.ZERO);
            return channel.basicConsume(queue, false, this);
        });
    }

    /** Asks for no more; some may be on their way. */
    void cancel() throws IOException {
        String ended = consumer;
        consumer = "";
        if (!ended.isEmpty()) {
            asked(() -> {
                channel.basicCancel(ended);
                return true;
            });
        }
    }

    /** Goes on with another limit. */
    void resize(int most) throws IOException {
        cancel();
        consume(most);
    }

    /**
     * Waits for a message where the broker is about to send one: soon after it was asked for some that it had, or told that
     * a lane at its limit has room. Else a lower lane would go first, whose messages are here. If none came in the time that
     * it mostly takes, the broker may be busy storing the acknowledgement: then it is asked whether it has any.
     *
     * @param settling whether there are deliveries that have run and are about to be settled
     * @return whether there is one
     */
    boolean awaitExpected(boolean settling, long deadlineNanos) throws IOException, InterruptedException {
        long until = unsettled.expectedUntil(settling);
        boolean expected = time.nanos() - until < 0;
        boolean there = unsettled.awaitBuffered(until);
        if (there || !expected || !isAlive() || !isConsuming()) {
            return there;
        }
        boolean more = asked(this::mayHaveMore);
        return unsettled.awaitBuffered(more ? deadlineNanos : time.deadline(CROSSING));
    }

    /** Loses everything: its leases count for nothing from now on. */
    void abandon() {
        dead = true;
        unsettled.end();
    }

    /**
     * Acknowledges what was claimed: all in one frame that nobody else holds anything before, the others one by one.
     *
     * @throws AlreadyClosedException if the leases are lost
     * @throws IOException if it is unknown whether the broker was told
     */
    void ack(Collection<Held> claimed) throws IOException {
        List<Held> ordered = claimed.stream()
                .sorted(Comparator.comparingLong(held -> held.tag))
                .toList();
        int together = unsettled.first(ordered);
        if (together > 1) {
            write(() -> channel.basicAck(ordered.get(together - 1).tag, true));
            unsettled.forget(ordered.subList(0, together));
        }
        for (Held held : together > 1 ? ordered.subList(together, ordered.size()) : ordered) {
            write(() -> channel.basicAck(held.tag, false));
            unsettled.forget(List.of(held));
        }
    }

    /** Has the broker hand out again what was claimed; it stands where it stood. */
    void requeue(Collection<Held> claimed) throws IOException {
        for (Held held : claimed) {
            write(() -> channel.basicNack(held.tag, false, true));
            unsettled.forget(List.of(held));
        }
    }

    /** Ends it when the broker has all acknowledgements; whatever is unsettled goes back. */
    void close() {
        abandon();
        try {
            if (!silent && wire.isOpen() && channel.isOpen()) {
                channel.close();
            }
        } catch (TimeoutException silent) {
            LOG.debug("A channel on '{}' whose end was not answered", queue, silent);
            wire.cut();
        } catch (IOException | RuntimeException failed) {
            LOG.debug("A channel on '{}' that ended before it was closed", queue, failed);
        }
    }

    /** As if the process were gone: for what finds out that it must have been. */
    void cutConnection() {
        wire.cut();
    }

    @Override
    public void handleDelivery(String tag, Envelope envelope, AMQP.BasicProperties properties, byte[] body) {
        unsettled.add(
                new Held(this, envelope.getDeliveryTag(), new Message(properties, Bytes.wrap(body)), time.nanos()));
    }

    /** The queue is gone, or a task was held longer than the broker allows. */
    @Override
    public void handleCancel(String tag) {
        LOG.warn("RabbitMQ has cancelled the consumer of '{}': what it held is handed out again", queue);
        wire.forgetTopology();
        abandon();
    }

    @Override
    public void handleShutdownSignal(String tag, ShutdownSignalException cause) {
        abandon();
    }

    private boolean mayHaveMore() throws IOException {
        long begin = time.nanos();
        return channel.messageCount(queue) > 0 || !isAtOnce(begin);
    }

    private boolean isAtOnce(long begin) {
        return time.nanos() - begin <= GUESS.toNanos();
    }

    private interface Question<T> {
        T ask() throws IOException;
    }

    /**
     * Whoever does not answer in time will hardly answer the next one. Others on this connection may get answers, so it is
     * left to them; but what is held here would come back with it only.
     */
    private <T> T asked(Question<T> question) throws IOException {
        try {
            return question.ask();
        } catch (ChannelContinuationTimeoutException unanswered) {
            silent = true;
            abandon();
            if (!unsettled.isEmpty()) {
                wire.cut();
            }
            throw unanswered;
        } catch (IOException | RuntimeException failed) {
            if (RabbitMQErrors.reason(failed).isEmpty()) {
                wire.cut();
            }
            throw failed;
        }
    }

    private interface Frame {
        void write() throws IOException;
    }

    /** Half a frame may be on its way when that fails: nothing that follows it would be understood. */
    private void write(Frame frame) throws IOException {
        try {
            frame.write();
        } catch (AlreadyClosedException lost) {
            throw lost;
        } catch (IOException | RuntimeException broken) {
            wire.cut();
            throw broken;
        }
    }
}
