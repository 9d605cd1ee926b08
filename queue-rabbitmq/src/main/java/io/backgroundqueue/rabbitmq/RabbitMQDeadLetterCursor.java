package io.backgroundqueue.rabbitmq;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.GetResponse;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.WireFormat;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A walk that takes letters one by one and holds them to its end: then they go back to where they were, in order. It ends
 * where the queue does, or at a letter that it has replayed itself: one that dies again would make it endless. Whoever is
 * asked for after that is looked for again.
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
    private final Set<String> replayed = new HashSet<>();
    private long lastTag;
    private boolean ended;

    private record Letter(long tag, Message message) {}

    /** @param exists whether there is a queue of dead letters at all */
    RabbitMQDeadLetterCursor(String topic, RabbitMQParts parts, Channel channel, boolean exists) {
        this.topic = topic;
        this.parts = parts;
        this.channel = channel;
        this.time = parts.time();
        this.ended = !exists;
    }

    @Override
    public List<DeadLetter> next(int max) throws IOException {
        long end = time.deadline(PAGE);
        List<DeadLetter> page = new ArrayList<>();
        long bytes = 0;
        while (!ended && page.size() < max && bytes < MOST_BYTES && time.nanos() - end < 0) {
            DeadLetter letter = hold();
            ended = letter == null || replayed.contains(letter.id());
            if (letter != null && !ended) {
                bytes += letter.payload().size();
                page.add(letter);
            }
        }
        if (page.isEmpty()) {
            giveBack();
        }
        return page;
    }

    @Override
    public int replay(List<DeadLetter> letters) throws IOException, InterruptedException {
        long deadline = time.deadline(CALL);
        Wire wire = parts.publisher().wire(deadline);
        List<Letter> found = found(letters);
        List<Outgoing> copies = new ArrayList<>();
        for (Letter letter : found) {
            copies.add(parts.messages().replay(wire, topic, letter.message));
        }
        letters.forEach(letter -> replayed.add(letter.id()));
        List<Optional<RabbitMQFailure>> answers = parts.publisher().publish(wire, copies, deadline);
        int stored = 0;
        for (int i = 0; i < found.size(); i++) {
            if (answers.get(i).isEmpty()) {
                channel.basicAck(found.get(i).tag, false);
                stored++;
            }
        }
        giveBackAfterTheEnd();
        Optional<RabbitMQFailure> failure =
                answers.stream().flatMap(Optional::stream).findFirst();
        if (failure.isPresent()) {
            throw failure.get();
        }
        return stored;
    }

    @Override
    public int purge(List<DeadLetter> letters) throws IOException {
        List<Letter> found = found(letters);
        for (Letter letter : found) {
            channel.basicAck(letter.tag, false);
        }
        giveBackAfterTheEnd();
        return found.size();
    }

    @Override
    public void close() {
        try {
            if (channel.isOpen()) {
                giveBack();
                channel.close();
            }
        } catch (IOException | TimeoutException | RuntimeException ended) {
            LOG.debug("The letters of '{}' go back with their connection", topic, ended);
        }
    }

    /** Takes the next letter; null at the end of the queue. */
    private @Nullable DeadLetter hold() throws IOException {
        GetResponse next = channel.basicGet(parts.names().dead(topic), false);
        if (next == null) {
            return null;
        }
        Message message = new Message(next.getProps(), Bytes.wrap(next.getBody()));
        DeadLetter letter = letter(message);
        lastTag = next.getEnvelope().getDeliveryTag();
        held.computeIfAbsent(letter.id(), any -> new ArrayDeque<>()).add(new Letter(lastTag, message));
        return letter;
    }

    /** Those of {@code letters} that are there still, not held for the walk any more. */
    private List<Letter> found(List<DeadLetter> letters) throws IOException {
        long end = time.deadline(PAGE);
        List<Letter> found = new ArrayList<>();
        for (DeadLetter wanted : letters) {
            Letter letter = release(wanted);
            while (letter == null && ended && time.nanos() - end < 0 && hold() != null) {
                letter = release(wanted);
            }
            if (letter != null) {
                found.add(letter);
            }
        }
        if (time.nanos() - end >= 0 && found.size() < letters.size()) {
            giveBackAll(found);
            throw new RabbitMQFailure(
                    ErrorClass.REFUSED,
                    "There are too many dead letters of '" + topic + "' to look for these again: replay or purge each"
                            + " page before you ask for the next. Nothing was changed",
                    null);
        }
        return found;
    }

    private @Nullable Letter release(DeadLetter letter) {
        Deque<Letter> same = held.get(letter.id());
        return same == null ? null : same.poll();
    }

    private void giveBackAll(List<Letter> also) throws IOException {
        for (Letter letter : also) {
            channel.basicNack(letter.tag, false, true);
        }
        giveBack();
    }

    private void giveBackAfterTheEnd() throws IOException {
        if (ended) {
            giveBack();
        }
    }

    private void giveBack() throws IOException {
        boolean any = held.values().stream().anyMatch(same -> !same.isEmpty());
        held.clear();
        if (any) {
            channel.basicNack(lastTag, true, true);
        }
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
