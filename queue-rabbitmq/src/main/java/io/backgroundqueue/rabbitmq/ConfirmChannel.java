package io.backgroundqueue.rabbitmq;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ConfirmListener;
import com.rabbitmq.client.ReturnListener;
import com.rabbitmq.client.ShutdownListener;
import com.rabbitmq.client.ShutdownSignalException;
import io.backgroundqueue.spi.ErrorClass;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A channel on which everything is confirmed. One thread publishes at a time; answers come on the client's. A return comes
 * before the confirm of its message, and both end with the channel: nobody waits for what cannot come.
 */
final class ConfirmChannel implements ConfirmListener, ReturnListener, ShutdownListener {
    private static final Pattern TOO_LARGE = Pattern.compile("larger than configured max size (\\d+)");

    /** @param late whether nobody waits for it any more */
    private record Slot(Publication publication, int index, Outgoing message, boolean late) {}

    private final Wire wire;
    private final Channel channel;
    private final Owing owing;
    private final NavigableMap<Long, Slot> pending = new ConcurrentSkipListMap<>();

    /** @param owing shared with all others: which queues are silent */
    ConfirmChannel(Wire wire, Owing owing) throws IOException {
        this.wire = wire;
        this.owing = owing;
        this.channel = wire.channel();
        channel.confirmSelect();
        channel.addConfirmListener(this);
        channel.addReturnListener(this);
        channel.addShutdownListener(this);
    }

    boolean isOpenOn(Wire current) {
        return wire == current && wire.isOpen() && channel.isOpen();
    }

    /** Publishes in order, and stops at the first that cannot be sent. Queues that are silent are passed over. */
    void publish(List<Outgoing> messages, Publication publication) {
        for (int i = 0; i < messages.size(); i++) {
            Outgoing message = messages.get(i);
            if (owing.isOwing(message.confirmedBy())) {
                publication.failed(i, silent(message));
                continue;
            }
            RabbitMQFailure failure = publish(new Slot(publication, i, message, false));
            if (failure != null) {
                for (int rest = i; rest < messages.size(); rest++) {
                    publication.failed(rest, failure);
                }
                return;
            }
        }
    }

    /** Nobody waits for these any more: whoever has not confirmed them by now is silent until it does. */
    void leave(Publication publication) {
        pending.forEach((number, slot) -> {
            if (slot.publication == publication) {
                Slot late = new Slot(publication, slot.index, slot.message, true);
                owing.owes(slot.message.confirmedBy());
                if (!pending.replace(number, slot, late)) {
                    owing.paid(slot.message.confirmedBy());
                }
            }
        });
    }

    /** Why this and what comes after it was not sent, if so. */
    private @Nullable RabbitMQFailure publish(Slot slot) {
        long number = channel.getNextPublishSeqNo();
        try {
            wire.requireFlowing();
            pending.put(number, slot);
            Outgoing message = slot.message;
            channel.basicPublish(
                    message.exchange(),
                    message.key(),
                    true,
                    message.properties(),
                    message.body().toArray());
            return null;
        } catch (RabbitMQFailure throttled) {
            return throttled;
        } catch (AlreadyClosedException closed) {
            pending.remove(number);
            return new RabbitMQFailure(
                    ErrorClass.TRANSIENT, "The connection ended before the message was sent", closed);
        } catch (IOException | RuntimeException cutShort) {
            // Half a frame may be on its way: nothing that follows it would be understood.
            wire.cut();
            slot.publication.failed(slot.index, unknown(cutShort));
            return new RabbitMQFailure(
                    ErrorClass.TRANSIENT, "The connection broke before the message was sent", cutShort);
        }
    }

    @Override
    public void handleAck(long number, boolean multiple) {
        answered(number, multiple).forEach(slot -> slot.publication.confirmed(slot.index));
    }

    @Override
    public void handleNack(long number, boolean multiple) {
        answered(number, multiple).forEach(slot -> slot.publication.failed(slot.index, full(slot.message)));
    }

    @Override
    public void handleReturn(
            int code, String why, String exchange, String key, AMQP.BasicProperties properties, byte[] body) {
        wire.forgetTopology();
        for (Slot slot : pending.values()) {
            if (slot.message.isReturned(exchange, key, properties)
                    && slot.publication.failed(slot.index, unroutable(exchange, key))) {
                return;
            }
        }
    }

    @Override
    public void shutdownCompleted(ShutdownSignalException cause) {
        wire.forgetTopology();
        answered(Long.MAX_VALUE, true).forEach(slot -> slot.publication.failed(slot.index, ended(slot, cause)));
    }

    private List<Slot> answered(long number, boolean multiple) {
        NavigableMap<Long, Slot> answered =
                multiple ? pending.headMap(number, true) : pending.subMap(number, true, number, true);
        List<Slot> slots = new ArrayList<>();
        for (Long key : answered.keySet()) {
            Slot slot = pending.remove(key);
            if (slot != null) {
                slots.add(slot);
                if (slot.late) {
                    owing.paid(slot.message.confirmedBy());
                }
            }
        }
        return slots;
    }

    /** What became of a message when the channel ended: the broker names the one that it did not take. */
    private static RabbitMQFailure ended(Slot slot, ShutdownSignalException cause) {
        String said = RabbitMQErrors.reason(cause)
                .filter(reason -> RabbitMQErrors.classify(cause) == ErrorClass.MISCONFIGURED)
                .map(RabbitMQErrors.Reason::text)
                .orElse("");
        String exchange = slot.message.exchange();
        if (!exchange.isEmpty() && said.contains("exchange '" + exchange + "'")) {
            return new RabbitMQFailure(
                    ErrorClass.MISCONFIGURED,
                    "RabbitMQ refuses the message: " + said + ". Declare it, or grant the right to write to it, or set"
                            + " createTopology=true",
                    cause);
        }
        long largest = largest(cause);
        return slot.message.body().size() > largest ? tooLarge(slot, largest) : unknown(cause);
    }

    /** How many bytes the broker takes, if it closed the channel over that. */
    private static long largest(ShutdownSignalException cause) {
        Matcher told = TOO_LARGE.matcher(
                RabbitMQErrors.reason(cause).map(RabbitMQErrors.Reason::text).orElse(""));
        return told.find() ? Long.parseLong(told.group(1)) : Long.MAX_VALUE;
    }

    /** Behind an exchange others may have taken what one did not. */
    private static RabbitMQFailure full(Outgoing message) {
        boolean alone = message.exchange().isEmpty() || message.exchange().startsWith(DelayLeg.GRID);
        return new RabbitMQFailure(
                alone ? ErrorClass.THROTTLED : ErrorClass.OUTCOME_UNKNOWN,
                (alone ? "The queue" : "A queue") + " behind '" + message.key()
                        + "' takes no more: it is full, or the majority of its members is away"
                        + (alone ? "" : ". Others at the exchange '" + message.exchange() + "' may have the message"),
                null);
    }

    private static RabbitMQFailure silent(Outgoing message) {
        return new RabbitMQFailure(
                ErrorClass.TRANSIENT,
                "'" + message.confirmedBy()
                        + "' has not confirmed what it was sent before, and gets nothing until then. It"
                        + " has no leader, or most of its members are away, or the broker is very busy: look with"
                        + " rabbitmqctl list_queues name leader online",
                null);
    }

    private static RabbitMQFailure tooLarge(Slot slot, long largest) {
        return new RabbitMQFailure(
                ErrorClass.REFUSED,
                "The payload has " + slot.message.body().size() + " bytes, and the broker takes " + largest
                        + ". Raise max_message_size there, or store the payload elsewhere and send its address",
                null);
    }

    private static RabbitMQFailure unknown(Exception cause) {
        return new RabbitMQFailure(
                ErrorClass.OUTCOME_UNKNOWN,
                "The connection ended before the broker confirmed the message: " + cause.getMessage(),
                cause);
    }

    private static RabbitMQFailure unroutable(String exchange, String key) {
        return new RabbitMQFailure(
                ErrorClass.MISCONFIGURED,
                exchange.isEmpty() || exchange.startsWith(DelayLeg.GRID)
                        ? "The queue " + (exchange.isEmpty() ? "" : "of delays ") + "behind '" + key
                                + "' is not there, so the task was not stored. It was deleted, and is made anew by the"
                                + " next task; or createTopology is off, and it has to be declared"
                        : "No queue is bound to the exchange '" + exchange + "' for '" + key + "', so the task was not"
                                + " stored. Start a worker of the topic first, in each group",
                null);
    }
}
