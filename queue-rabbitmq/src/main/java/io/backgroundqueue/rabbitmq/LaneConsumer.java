package io.backgroundqueue.rabbitmq;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.LaneBuffer;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The consumer of one lane on a channel of its own, and the generation of the leases that it hands out: they end with it,
 * and no tag of it is ever used on another channel. A tag is acknowledged once: whoever wants to claims it first, and it
 * is forgotten only when the frame was written, so an acknowledgement of many never covers another thread's tag.
 */
final class LaneConsumer extends DefaultConsumer {
    private static final Logger LOG = LoggerFactory.getLogger(LaneConsumer.class);
    /** How long the first message may take, where there are some. */
    private static final Duration FIRST = Duration.ofMillis(200);

    /** How long the next message may take, when there is room for it. */
    private static final Duration NEXT = Duration.ofMillis(50);

    /** How long a busy broker may take to store an acknowledgement, before which it sends no more. */
    private static final Duration STORED = Duration.ofSeconds(1);

    private final Wire wire;
    private final Channel channel;
    private final int index;
    private final String queue;
    private final LaneBuffer<Held> buffer;
    private final Time time;
    private final ReentrantLock lock = new ReentrantLock();
    private final NavigableMap<Long, Held> unsettled = new TreeMap<>();
    private final Condition arrived = lock.newCondition();
    private volatile boolean dead;
    private boolean accepting;
    private int buffered;
    private int limit;
    private long expectedUntil;
    private String consumer = "";

    LaneConsumer(Wire wire, int index, String queue, LaneBuffer<Held> buffer, Time time) throws IOException {
        super(wire.channel());
        this.wire = wire;
        this.channel = getChannel();
        this.index = index;
        this.queue = queue;
        this.buffer = buffer;
        this.time = time;
    }

    int index() {
        return index;
    }

    /** Whether what it handed out is still its own. */
    boolean isAlive() {
        return !dead && wire.isOpen() && channel.isOpen();
    }

    boolean isConsuming() {
        return !consumer.isEmpty();
    }

    /** Whether this delivery is out and can be settled. */
    boolean holds(Held held) {
        lock.lock();
        try {
            return isAlive() && unsettled.get(held.tag) == held;
        } finally {
            lock.unlock();
        }
    }

    /** Consumes with this limit of unsettled messages. */
    void consume(int most) throws IOException {
        boolean waiting = channel.queueDeclarePassive(queue).getMessageCount() > 0;
        channel.basicQos(most);
        lock.lock();
        try {
            accepting = true;
            limit = most;
            expectedUntil = waiting ? time.deadline(FIRST) : time.nanos();
        } finally {
            lock.unlock();
        }
        consumer = channel.basicConsume(queue, false, this);
    }

    /** Takes no more; what comes all the same goes back. */
    void cancel() throws IOException {
        lock.lock();
        try {
            accepting = false;
        } finally {
            lock.unlock();
        }
        stopConsuming();
    }

    /** Goes on with another limit. */
    void resize(int most) throws IOException {
        stopConsuming();
        consume(most);
    }

    /**
     * Waits for a message where the broker is about to send one: soon after it was asked for some that it had, or told that
     * a lane at its limit has room. Else a lower lane would go first, whose messages are here. True if there is one.
     *
     * @param settling whether there are deliveries that have run and are about to be settled
     */
    boolean awaitExpected(boolean settling) throws IOException, InterruptedException {
        boolean expected;
        lock.lock();
        try {
            if (settling && unsettled.size() >= limit) {
                expectedUntil = time.deadline(NEXT);
            }
            expected = time.nanos() - expectedUntil < 0;
            if (arrives(expectedUntil)) {
                return true;
            }
        } finally {
            lock.unlock();
        }
        return expected && isAlive() && isConsuming() && channel.messageCount(queue) > 0 && arrives();
    }

    /** There are more, so one comes once the broker has stored what was acknowledged. */
    private boolean arrives() throws InterruptedException {
        lock.lock();
        try {
            return arrives(time.deadline(STORED));
        } finally {
            lock.unlock();
        }
    }

    private boolean arrives(long deadlineNanos) throws InterruptedException {
        while (buffered == 0 && !dead && time.nanos() - deadlineNanos < 0) {
            time.await(lock, arrived, deadlineNanos);
        }
        return buffered > 0;
    }

    /** Loses everything: its leases count for nothing from now on. */
    void abandon() {
        dead = true;
    }

    /** How many are out. */
    int out() {
        lock.lock();
        try {
            return isAlive() ? unsettled.size() - buffered : 0;
        } finally {
            lock.unlock();
        }
    }

    /** Whether the broker gives no more although nothing is left here to hand out. */
    boolean isAtLimit() {
        lock.lock();
        try {
            return buffered == 0 && unsettled.size() >= limit;
        } finally {
            lock.unlock();
        }
    }

    /** When the oldest came that waits here; or now. */
    long oldestNanos() {
        lock.lock();
        try {
            return unsettled.values().stream()
                    .filter(held -> held.state == Held.State.BUFFERED)
                    .mapToLong(held -> held.arrivedNanos)
                    .findFirst()
                    .orElseGet(time::nanos);
        } finally {
            lock.unlock();
        }
    }

    /** Hands one out that was taken from the buffer; false if it is not here any more. */
    boolean handOut(Held held) {
        return move(held, Held.State.BUFFERED, Held.State.OUT);
    }

    /** Makes a delivery the caller's to settle; false if it was settled or lost. */
    boolean claim(Held held) {
        return isAlive() && move(held, Held.State.OUT, Held.State.SETTLING);
    }

    /** Makes a delivery that was taken from the buffer the caller's to give back. */
    boolean claimBuffered(Held held) {
        return isAlive() && move(held, Held.State.BUFFERED, Held.State.SETTLING);
    }

    /** Undoes {@link #claim}. */
    void unclaim(Held held) {
        move(held, Held.State.SETTLING, Held.State.OUT);
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
        int together = prefix(ordered);
        if (together > 1) {
            write(() -> channel.basicAck(ordered.get(together - 1).tag, true));
            forget(ordered.subList(0, together));
        }
        for (Held held : together > 1 ? ordered.subList(together, ordered.size()) : ordered) {
            write(() -> channel.basicAck(held.tag, false));
            forget(List.of(held));
        }
    }

    /** Has the broker hand out again what was claimed; it stands where it stood. */
    void requeue(Collection<Held> claimed) throws IOException {
        for (Held held : claimed) {
            write(() -> channel.basicNack(held.tag, false, true));
            forget(List.of(held));
        }
    }

    /** Ends it when the broker has all acknowledgements; whatever is unsettled goes back. */
    void close() {
        dead = true;
        try {
            if (wire.isOpen() && channel.isOpen()) {
                channel.close();
            }
        } catch (IOException | TimeoutException | RuntimeException failed) {
            LOG.debug("A channel on '{}' that ended before it was closed", queue, failed);
        }
    }

    /** As if the process were gone: for what finds out that it must have been. */
    void cutConnection() {
        wire.cut();
    }

    @Override
    public void handleDelivery(String tag, Envelope envelope, AMQP.BasicProperties properties, byte[] body)
            throws IOException {
        Held held = new Held(this, envelope.getDeliveryTag(), new Message(properties, Bytes.wrap(body)), time.nanos());
        if (!keep(held)) {
            channel.basicNack(held.tag, false, true);
        }
    }

    /** The queue is gone, or a task was held longer than the broker allows. */
    @Override
    public void handleCancel(String tag) {
        LOG.warn("RabbitMQ has cancelled the consumer of '{}': what it held is handed out again", queue);
        dead = true;
    }

    private boolean keep(Held held) {
        lock.lock();
        try {
            if (accepting) {
                unsettled.put(held.tag, held);
                buffered++;
                buffer.add(index, held);
                arrived.signalAll();
            }
            return accepting;
        } finally {
            lock.unlock();
        }
    }

    private void stopConsuming() throws IOException {
        String ended = consumer;
        consumer = "";
        if (!ended.isEmpty()) {
            channel.basicCancel(ended);
        }
    }

    private boolean move(Held held, Held.State from, Held.State to) {
        lock.lock();
        try {
            if (unsettled.get(held.tag) != held || held.state != from) {
                return false;
            }
            held.state = to;
            buffered -= from == Held.State.BUFFERED ? 1 : 0;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** How many of these are before everything else that is unsettled. */
    private int prefix(List<Held> ordered) {
        Set<Long> tags = new HashSet<>();
        ordered.forEach(held -> tags.add(held.tag));
        lock.lock();
        try {
            int count = 0;
            for (Long tag : unsettled.keySet()) {
                if (!tags.contains(tag)) {
                    return count;
                }
                count++;
            }
            return count;
        } finally {
            lock.unlock();
        }
    }

    private void forget(List<Held> settled) {
        lock.lock();
        try {
            if (unsettled.size() >= limit) {
                expectedUntil = time.deadline(NEXT);
            }
            settled.forEach(held -> unsettled.remove(held.tag));
        } finally {
            lock.unlock();
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
