package io.backgroundqueue.redis;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Duty;
import io.backgroundqueue.spi.Lease;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.PriorStarts;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.Settlement;
import io.backgroundqueue.spi.WireFormat;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * One listener. What it hands out exists nowhere else: settling forgets it, and giving back puts it into the buffer
 * again, for as long as this is open.
 */
final class RedisPubSubReceiver implements Receiver {
    private final String topic;
    private final int maxBytes;
    private final int maxOut;
    private final Time time;
    private final EventBuffer buffer;
    private final Subscription subscription;
    private final Consumer<RedisPubSubReceiver> afterClose;
    private final AtomicInteger out = new AtomicInteger();
    private volatile boolean closed;

    RedisPubSubReceiver(
            String topic,
            ReceiverOptions options,
            Time time,
            EventBuffer buffer,
            Subscription subscription,
            Consumer<RedisPubSubReceiver> afterClose) {
        this.topic = topic;
        this.maxBytes = options.maxBytes();
        this.maxOut = options.maxUnsettled();
        this.time = time;
        this.buffer = buffer;
        this.subscription = subscription;
        this.afterClose = afterClose;
    }

    /** An event that is out, until it is settled. */
    private record Taken(EventBuffer.Event event, AtomicBoolean settled) implements Lease {}

    @Override
    public List<Duty> duties() {
        return List.of(subscription);
    }

    @Override
    public List<Delivery> receive(int max, Duration wait) throws InterruptedException {
        requireOpen();
        subscription.pingIfDue();
        int room = Math.min(max, maxOut - out.get());
        if (room <= 0) {
            return List.of();
        }
        List<EventBuffer.Event> events = buffer.take(room, maxBytes, wait);
        out.addAndGet(events.size());
        return events.stream().map(this::delivery).toList();
    }

    @Override
    public List<Outcome> settle(List<Settlement> batch) {
        return batch.stream().map(this::settled).toList();
    }

    /** Nobody else can have them. */
    @Override
    public List<Delivery> extend(List<Delivery> held) {
        return List.of();
    }

    /** Others have the events too: nothing can be given back. What arrives meanwhile waits in the buffer. */
    @Override
    public void park() {
        requireOpen();
    }

    @Override
    public void wake() {
        buffer.wake();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            subscription.close();
            afterClose.accept(this);
        }
    }

    /** How many events are here and nowhere else: waiting, or out and not settled. */
    int kept() {
        return buffer.size() + out.get();
    }

    private Delivery delivery(EventBuffer.Event event) {
        Instant now = time.now();
        Instant due = event.arrived().isBefore(now) ? event.arrived() : now;
        return WireFormat.fromLine(event.bytes(), topic, UUID.randomUUID().toString())
                .delivery(due, PriorStarts.ZERO, event.bytes(), new Taken(event, new AtomicBoolean()));
    }

    private Outcome settled(Settlement settlement) {
        if (!(settlement instanceof Settlement.Ack || settlement instanceof Settlement.Release)) {
            return new Outcome.Failed(new QueueException(
                    QueueException.Kind.UNSUPPORTED,
                    "An event of Redis Pub/Sub runs once: it is neither repeated nor kept as a dead letter"));
        }
        Taken taken = (Taken) settlement.delivery().lease();
        if (taken.settled.getAndSet(true)) {
            return Outcome.STALE;
        }
        out.decrementAndGet();
        // A version that this library cannot read today it cannot read tomorrow, and there is nobody to leave it to.
        if (settlement instanceof Settlement.Release release
                && release.delivery() instanceof Delivery.Task
                && !closed) {
            buffer.giveBack(taken.event);
        }
        return Outcome.DONE;
    }

    private void requireOpen() {
        if (closed) {
            throw new QueueException(
                    QueueException.Kind.CLOSED,
                    "This receiver of '" + topic + "' is closed. Open another one to go on");
        }
    }
}
