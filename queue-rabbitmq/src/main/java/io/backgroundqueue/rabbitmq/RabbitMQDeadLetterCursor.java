package io.backgroundqueue.rabbitmq;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.GetResponse;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.WireFormat;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A walk that takes letters one by one, and holds them until it ends: then they go back to where they were, in order. It
 * sees as many as there were when it began, so a replay that dies again does not make it endless.
 */
final class RabbitMQDeadLetterCursor implements DeadLetterCursor {
    private static final Logger LOG = LoggerFactory.getLogger(RabbitMQDeadLetterCursor.class);
    private static final int MOST_BYTES = 8 << 20;

    /** A page ends after this, so that the call does. */
    private static final Duration PAGE = Duration.ofSeconds(3);

    private static final Duration CALL = Duration.ofSeconds(8);

    private final String topic;
    private final RabbitMQParts parts;
    private final Channel channel;
    private final Time time;
    private final Map<String, Deque<Letter>> held = new HashMap<>();
    private long left;

    private record Letter(long tag, Message message) {}

    /** @param count how many letters there are */
    RabbitMQDeadLetterCursor(String topic, RabbitMQParts parts, Channel channel, long count) {
        this.topic = topic;
        this.parts = parts;
        this.channel = channel;
        this.time = parts.time();
        this.left = count;
    }

    @Override
    public List<DeadLetter> next(int max) throws IOException {
        long end = time.deadline(PAGE);
        List<DeadLetter> page = new ArrayList<>();
        long bytes = 0;
        while (page.size() < max && left > 0 && bytes < MOST_BYTES && time.nanos() - end < 0) {
            GetResponse found = channel.basicGet(parts.names().dead(topic), false);
            left = found == null ? 0 : left - 1;
            if (found != null) {
                Message message = new Message(found.getProps(), Bytes.wrap(found.getBody()));
                DeadLetter letter = letter(message);
                held.computeIfAbsent(letter.id(), any -> new ArrayDeque<>())
                        .add(new Letter(found.getEnvelope().getDeliveryTag(), message));
                bytes += message.body().size();
                page.add(letter);
            }
        }
        return page;
    }

    @Override
    public int replay(List<DeadLetter> letters) throws IOException, InterruptedException {
        long deadline = time.deadline(CALL);
        Wire wire = parts.publisher().wire(deadline);
        List<Outgoing> copies = new ArrayList<>();
        List<Letter> found = new ArrayList<>();
        for (DeadLetter wanted : letters) {
            Letter letter = take(wanted);
            if (letter != null) {
                found.add(letter);
                copies.add(parts.messages().replay(wire, topic, letter.message));
            }
        }
        List<Optional<RabbitMQFailure>> answers = parts.publisher().publish(wire, copies, deadline);
        int replayed = 0;
        for (int i = 0; i < found.size(); i++) {
            if (answers.get(i).isEmpty()) {
                channel.basicAck(found.get(i).tag, false);
                replayed++;
            }
        }
        Optional<RabbitMQFailure> failure =
                answers.stream().flatMap(Optional::stream).findFirst();
        if (failure.isPresent()) {
            throw failure.get();
        }
        return replayed;
    }

    @Override
    public int purge(List<DeadLetter> letters) throws IOException {
        int purged = 0;
        for (DeadLetter unwanted : letters) {
            Letter letter = take(unwanted);
            if (letter != null) {
                channel.basicAck(letter.tag, false);
                purged++;
            }
        }
        return purged;
    }

    @Override
    public void close() {
        try {
            if (channel.isOpen()) {
                channel.close();
            }
        } catch (IOException | TimeoutException | RuntimeException ended) {
            LOG.debug("The letters of '{}' go back with their connection", topic, ended);
        }
    }

    private @org.jspecify.annotations.Nullable Letter take(DeadLetter letter) {
        Deque<Letter> same = held.get(letter.id());
        return same == null ? null : same.poll();
    }

    private DeadLetter letter(Message message) {
        Map<String, String> fields = MessageHeaders.fields(message.properties());
        Optional<Instant> died =
                Optional.ofNullable(fields.get(MessageHeaders.DIED)).map(Instant::parse);
        DeadReason reason =
                DeadReason.valueOf(fields.getOrDefault(MessageHeaders.REASON, DeadReason.NON_RETRYABLE.name()));
        if (Messages.read(topic, message) instanceof WireFormat.Read.Task task) {
            return task.envelope().letter(task.progress(), reason, died.orElse(Instant.EPOCH));
        }
        return new DeadLetter(
                fields.getOrDefault(MessageHeaders.LETTER, MessageHeaders.id(message.properties())),
                topic,
                reason,
                Optional.ofNullable(fields.get("bqerror")),
                0,
                0,
                OptionalInt.empty(),
                0,
                Optional.empty(),
                died,
                Map.of(),
                message.body());
    }
}
