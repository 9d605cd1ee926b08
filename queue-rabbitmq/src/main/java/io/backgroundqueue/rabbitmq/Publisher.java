package io.backgroundqueue.rabbitmq;

import io.backgroundqueue.Time;
import io.backgroundqueue.spi.ErrorClass;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;

/** Publishes batches: all messages first, then one wait for their confirms. Thread-safe. */
final class Publisher {
    private final Link link;
    private final Time time;
    private final Owing owing = new Owing();
    private final Deque<ConfirmChannel> idle = new ConcurrentLinkedDeque<>();

    Publisher(Link link, Time time) {
        this.link = link;
        this.time = time;
    }

    /** The connection to publish on, which takes messages now as far as can be told. */
    Wire wire(long deadlineNanos) throws RabbitMQFailure, InterruptedException {
        Wire wire = link.wire(deadlineNanos);
        wire.requireFlowing();
        return wire;
    }

    /** Makes a message of something, and what it needs of the topology. */
    interface Making<T> {
        Outgoing of(T item) throws RabbitMQFailure, InterruptedException;
    }

    /**
     * Makes messages, publishes them all, and waits. What cannot be made in three quarters of the time is not sent: a message
     * whose confirm nobody can wait for would be sent again.
     *
     * @return for each item, in order, why it was not stored, if so
     */
    <T> List<Optional<RabbitMQFailure>> publish(Wire wire, List<T> items, Making<T> making, long deadlineNanos)
            throws InterruptedException {
        long enough = time.until(deadlineNanos).toNanos() / 4;
        List<Optional<RabbitMQFailure>> answers = new ArrayList<>();
        List<Outgoing> messages = new ArrayList<>();
        List<Integer> places = new ArrayList<>();
        for (T item : items) {
            try {
                if (time.until(deadlineNanos).toNanos() <= enough) {
                    throw late();
                }
                messages.add(making.of(item));
                places.add(answers.size());
                answers.add(Optional.empty());
            } catch (RabbitMQFailure failure) {
                answers.add(Optional.of(failure));
            }
        }
        List<Optional<RabbitMQFailure>> published = publish(wire, messages, deadlineNanos);
        for (int i = 0; i < published.size(); i++) {
            answers.set(places.get(i), published.get(i));
        }
        return answers;
    }

    private List<Optional<RabbitMQFailure>> publish(Wire wire, List<Outgoing> messages, long deadlineNanos)
            throws InterruptedException {
        if (messages.isEmpty()) {
            return List.of();
        }
        try {
            ConfirmChannel channel = channel(wire);
            if (time.until(deadlineNanos).isZero()) {
                idle.addFirst(channel);
                throw late();
            }
            return publish(wire, channel, messages, deadlineNanos);
        } catch (RabbitMQFailure nothingSent) {
            return Collections.nCopies(messages.size(), Optional.of(nothingSent));
        }
    }

    private static RabbitMQFailure late() {
        return new RabbitMQFailure(
                ErrorClass.TRANSIENT, "Declaring took so long that there was no time left to send the message", null);
    }

    private List<Optional<RabbitMQFailure>> publish(
            Wire wire, ConfirmChannel channel, List<Outgoing> messages, long deadlineNanos)
            throws InterruptedException {
        Publication publication = new Publication(messages.size(), time);
        try {
            channel.publish(messages, publication);
            return publication.await(deadlineNanos);
        } finally {
            channel.leave(publication);
            if (channel.isOpenOn(wire)) {
                idle.addFirst(channel);
            }
        }
    }

    private ConfirmChannel channel(Wire wire) throws RabbitMQFailure {
        for (ConfirmChannel channel = idle.pollFirst(); channel != null; channel = idle.pollFirst()) {
            if (channel.isOpenOn(wire)) {
                return channel;
            }
        }
        try {
            return new ConfirmChannel(wire, owing);
        } catch (RabbitMQFailure ours) {
            throw ours;
        } catch (IOException | RuntimeException failed) {
            wire.cut();
            throw new RabbitMQFailure(ErrorClass.TRANSIENT, "The connection ended: " + failed.getMessage(), failed);
        }
    }
}
