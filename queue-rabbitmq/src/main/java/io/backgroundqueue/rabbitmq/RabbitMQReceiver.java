package io.backgroundqueue.rabbitmq;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.Settlement;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The consuming end of a topic. A lease is (consumer, tag), so what a dead consumer handed out is stale. */
final class RabbitMQReceiver implements Receiver {
    private static final Logger LOG = LoggerFactory.getLogger(RabbitMQReceiver.class);

    /** How long a lane may stand at its limit before it asks for more. */
    private static final Duration STARVED = Duration.ofMillis(50);

    private final String topic;
    private final Messages messages;
    private final ReceiverOptions options;
    private final Time time;
    private final Intake intake;
    private final Settler settler;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean woken;
    private volatile boolean closed;
    /** The loop thread's. */
    private boolean parked = true;

    RabbitMQReceiver(String topic, RabbitMQParts parts, Link link, ReceiverOptions options) {
        this.topic = topic;
        this.messages = parts.messages();
        this.options = options;
        this.time = parts.time();
        this.intake = new Intake(topic, parts, link, options);
        this.settler = new Settler(topic, parts, options.lease());
    }

    @Override
    public List<Delivery> receive(int max, Duration wait) throws IOException, InterruptedException {
        requireOpen();
        settler.lapse();
        parked &= max == 0;
        if (parked) {
            settler.giveBack(intake.drain(), deadline());
        } else {
            open(max == 0);
        }
        int most = Math.min(max, options.maxUnsettled() - intake.out());
        if (most <= 0) {
            awaitRoom(max > 0 ? wait : Duration.ZERO);
            return List.of();
        }
        boolean starved = intake.widen(most);
        return intake.take(most, starved && wait.compareTo(STARVED) > 0 ? STARVED : wait).stream()
                .map(held -> messages.delivery(topic, held))
                .toList();
    }

    @Override
    public List<Outcome> settle(List<Settlement> batch) throws InterruptedException {
        requireOpen();
        List<Outcome> outcomes = settler.settle(batch, deadline());
        changed(false);
        return outcomes;
    }

    @Override
    public List<Delivery> extend(List<Delivery> deliveries) {
        requireOpen();
        return deliveries.stream()
                .filter(delivery -> {
                    Held held = (Held) delivery.lease();
                    return !held.lane.holds(held);
                })
                .toList();
    }

    @Override
    public void park() throws IOException, InterruptedException {
        requireOpen();
        parked = true;
        stop(deadline());
    }

    @Override
    public void wake() {
        changed(true);
        intake.wake();
    }

    /** What is out goes back with its channel. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            stop(time.deadline(options.callTimeout().dividedBy(2)));
        } catch (IOException | RuntimeException ended) {
            LOG.debug("What was fetched of '{}' goes back with its connection", topic, ended);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        intake.close();
        wake();
    }

    /** Makes the broker believe that this worker is gone, with whoever shares its connection. */
    void cutConnection() {
        intake.cutConnection();
    }

    private void open(boolean full) throws IOException, InterruptedException {
        long deadline = deadline();
        intake.open(deadline);
        if (!intake.hoards(full)) {
            return;
        }
        stop(deadline);
        parked = full;
        if (!parked) {
            intake.open(deadline);
        }
    }

    private void stop(long deadlineNanos) throws IOException, InterruptedException {
        try {
            settler.giveBack(intake.stop(), deadlineNanos);
        } finally {
            settler.giveBack(intake.drain(), deadlineNanos);
        }
    }

    private void awaitRoom(Duration wait) throws InterruptedException {
        long deadline = time.deadline(wait);
        lock.lock();
        try {
            while (!woken && intake.out() >= options.maxUnsettled() && time.nanos() - deadline < 0) {
                time.await(lock, changed, deadline);
            }
            woken = false;
        } finally {
            lock.unlock();
        }
    }

    private void changed(boolean wake) {
        lock.lock();
        try {
            woken |= wake;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Every call is over within the call timeout, with a little room. */
    private long deadline() {
        return time.deadline(options.callTimeout().multipliedBy(4).dividedBy(5));
    }

    private void requireOpen() {
        if (closed) {
            throw new QueueException(
                    QueueException.Kind.CLOSED,
                    "This receiver of '" + topic + "' is closed. Open another one to go on");
        }
    }
}
