package io.backgroundqueue.inmemory;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * A receiver without a buffer: a task that is not wanted yet stays in the topic, where others can have it. So parking
 * has nothing to give back.
 */
final class InMemoryReceiver implements Receiver {
    private final String topic;
    private final TopicStore store;
    private final Time time;
    private final Claimant claimant;
    private final Consumer<InMemoryReceiver> afterClose;

    InMemoryReceiver(String topic, Broker broker, ReceiverOptions options, Consumer<InMemoryReceiver> afterClose) {
        this.topic = topic;
        this.store = broker.topic(topic);
        this.time = broker.time();
        this.claimant = new Claimant(options);
        this.afterClose = afterClose;
    }

    /** With {@code max = 0} it waits as long as it is told to, unless it is woken. */
    @Override
    public List<Delivery> receive(int max, Duration wait) throws InterruptedException {
        requireOpen();
        return store.receive(claimant, max, time.deadline(wait));
    }

    @Override
    public List<Outcome> settle(List<Settlement> batch) {
        requireOpen();
        return store.settle(batch);
    }

    @Override
    public List<Delivery> extend(List<Delivery> held) {
        requireOpen();
        return store.extend(held, claimant.options.lease());
    }

    @Override
    public void park() {
        requireOpen();
    }

    @Override
    public void wake() {
        store.wake(claimant);
    }

    @Override
    public void close() {
        store.close(claimant);
        afterClose.accept(this);
    }

    private void requireOpen() {
        if (claimant.closed) {
            throw new QueueException(
                    QueueException.Kind.CLOSED,
                    "This receiver of '" + topic + "' is closed. Open another one to go on");
        }
    }
}
