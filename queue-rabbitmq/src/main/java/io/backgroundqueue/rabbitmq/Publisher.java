package io.backgroundqueue.rabbitmq;

import io.backgroundqueue.Time;
import io.backgroundqueue.spi.ErrorClass;
import java.io.IOException;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;

/** Publishes batches: all messages first, then one wait for their confirms. Thread-safe. */
final class Publisher {
    private final Link link;
    private final Time time;
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

    /** Publishes, and waits; one answer per message, in order: why it was not stored, if so. */
    List<Optional<RabbitMQFailure>> publish(Wire wire, List<Outgoing> messages, long deadlineNanos)
            throws InterruptedException {
        if (messages.isEmpty()) {
            return List.of();
        }
        try {
            return publish(wire, channel(wire), messages, deadlineNanos);
        } catch (RabbitMQFailure nothingSent) {
            return Collections.nCopies(messages.size(), Optional.of(nothingSent));
        }
    }

    private List<Optional<RabbitMQFailure>> publish(
            Wire wire, ConfirmChannel channel, List<Outgoing> messages, long deadlineNanos)
            throws InterruptedException {
        Publication publication = new Publication(messages.size(), time);
        try {
            channel.publish(messages, publication);
            return publication.await(deadlineNanos);
        } finally {
            channel.forget(publication);
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
            return new ConfirmChannel(wire);
        } catch (RabbitMQFailure ours) {
            throw ours;
        } catch (IOException | RuntimeException failed) {
            wire.cut();
            throw new RabbitMQFailure(ErrorClass.TRANSIENT, "The connection ended: " + failed.getMessage(), failed);
        }
    }
}
