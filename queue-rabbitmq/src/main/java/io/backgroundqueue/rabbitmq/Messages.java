package io.backgroundqueue.rabbitmq;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Capabilities.Precision;
import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Start;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Lanes;
import io.backgroundqueue.spi.PriorStarts;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.WireFormat;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Tasks as messages: made, addressed to what is there or made for it, and read. Thread-safe. */
final class Messages {
    private final Names names;
    private final Topology topology;
    private final Time time;

    Messages(Names names, Topology topology, Time time) {
        this.names = names;
        this.topology = topology;
        this.time = time;
    }

    /** A task that was never sent before. */
    Outgoing fresh(Envelope task, long deadlineNanos) throws RabbitMQFailure, InterruptedException {
        int lane = Lanes.of(task.priority());
        topology.forSending(task.topic(), lane, deadlineNanos);
        Delay delay = delay(task.start());
        Map<String, String> fields = WireFormat.toHeaders(task, Progress.NONE, delay.due);
        if (delay.leg.isEmpty()) {
            return outgoing(names.exchange(), names.key(task.topic(), lane), fields, task.payload());
        }
        DelayLeg leg = delay.leg.get();
        String address = names.delayed(task.topic(), lane);
        topology.digits(leg, deadlineNanos);
        return delayed(leg, address, fields, task.payload());
    }

    /** The copy that runs again. */
    Outgoing again(Envelope task, Progress progress, Start start, long deadlineNanos)
            throws RabbitMQFailure, InterruptedException {
        int lane = Lanes.of(task.priority());
        String queue = names.lane(task.topic(), lane);
        topology.lane(task.topic(), lane, deadlineNanos);
        Delay delay = delay(start);
        Instant due = delay.due == null ? time.now() : delay.due;
        Map<String, String> fields = WireFormat.toHeaders(task, progress, due);
        if (delay.leg.isEmpty()) {
            return outgoing("", queue, fields, task.payload());
        }
        topology.digits(delay.leg.get(), deadlineNanos);
        return delayed(delay.leg.get(), queue, fields, task.payload());
    }

    /** The copy of something that is given back; its starts go with it, for the broker counts a copy anew. */
    Outgoing back(String topic, Held held) {
        Map<String, String> fields = MessageHeaders.fields(held.message.properties());
        fields.put(MessageHeaders.STARTS, String.valueOf(held.starts()));
        String foreign = held.message.properties().getMessageId();
        if (foreign != null) {
            fields.putIfAbsent("id", foreign);
        }
        return outgoing("", names.lane(topic, held.lane.index()), fields, held.message.body());
    }

    /** The copy of a task that is a dead letter. */
    Outgoing letter(Envelope task, Progress progress, DeadReason reason, long deadlineNanos)
            throws RabbitMQFailure, InterruptedException {
        topology.dead(task.topic(), deadlineNanos);
        return letter(task.topic(), WireFormat.toHeaders(task, progress, null), task.payload(), reason);
    }

    /** The copy of something unreadable that is a dead letter: all that there is of it. */
    Outgoing letter(String topic, Message found, Progress progress, DeadReason reason, long deadlineNanos)
            throws RabbitMQFailure, InterruptedException {
        Map<String, String> fields = MessageHeaders.fields(found.properties());
        fields.put(MessageHeaders.LETTER, UUID.randomUUID().toString());
        progress.lastError().ifPresent(error -> fields.put("bqerror", error));
        topology.dead(topic, deadlineNanos);
        return letter(topic, fields, found.body(), reason);
    }

    /** The copy of a dead letter that runs, or is found out to be unreadable, once more. */
    Outgoing replay(String topic, Message letter, long deadlineNanos) throws RabbitMQFailure, InterruptedException {
        WireFormat.Read read = read(topic, letter);
        if (read instanceof WireFormat.Read.Task task) {
            return again(task.envelope(), Progress.replay(), Start.now(), deadlineNanos);
        }
        Map<String, String> fields = MessageHeaders.fields(letter.properties());
        fields.remove(MessageHeaders.REASON);
        fields.remove(MessageHeaders.DIED);
        fields.remove(MessageHeaders.LETTER);
        topology.lane(topic, Lanes.COUNT - 1, deadlineNanos);
        return outgoing("", names.lane(topic, Lanes.COUNT - 1), fields, letter.body());
    }

    /** What a worker is handed. */
    Delivery delivery(String topic, Held held) {
        PriorStarts starts = new PriorStarts(held.starts(), Precision.UPPER_BOUND);
        Instant now = time.now();
        WireFormat.Read read = read(topic, held.message);
        if (read instanceof WireFormat.Read.Task task) {
            return new Delivery.Task(task.envelope(), due(task, held.message, now), task.progress(), starts, held);
        }
        return read.delivery(now, starts, held.message.body(), held);
    }

    /** What is shown of a message that is a dead letter. */
    static DeadLetter letter(String topic, Message message) {
        Map<String, String> fields = MessageHeaders.fields(message.properties());
        Optional<Instant> died = understood(fields.get(MessageHeaders.DIED), Instant::parse);
        DeadReason reason = understood(fields.get(MessageHeaders.REASON), DeadReason::valueOf)
                .orElse(DeadReason.NON_RETRYABLE);
        if (read(topic, message) instanceof WireFormat.Read.Task task) {
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

    /** Empty for what a newer version or somebody else wrote: a letter that is odd must not hide those behind it. */
    private static <T> Optional<T> understood(@Nullable String text, Function<String, T> parser) {
        try {
            return Optional.ofNullable(text).map(parser);
        } catch (IllegalArgumentException | DateTimeParseException odd) {
            return Optional.empty();
        }
    }

    /** What stands in a message. */
    static WireFormat.Read read(String topic, Message message) {
        Map<String, String> fields = MessageHeaders.fields(message.properties());
        return WireFormat.fromHeaders(fields, message.body(), topic, foreignId(message));
    }

    /** A foreign message should bear an id of its own: one made here is another one each time. */
    private static String foreignId(Message message) {
        String id = message.properties().getMessageId();
        return id == null || id.isEmpty() ? UUID.randomUUID().toString() : id;
    }

    /** The grid has waited for the time, whatever this clock says; but not if the delay was longer than the grid. */
    private static Instant due(WireFormat.Read.Task task, Message message, Instant now) {
        Instant due = task.due()
                .or(() -> Optional.of(task.envelope().enqueuedAt()).filter(Instant.EPOCH::isBefore))
                .orElse(now);
        boolean early = MessageHeaders.has(message.properties(), MessageHeaders.PARTIAL);
        return due.isAfter(now) && !early ? now : due;
    }

    private Outgoing letter(String topic, Map<String, String> fields, Bytes body, DeadReason reason) {
        fields.put(MessageHeaders.REASON, reason.name());
        fields.put(MessageHeaders.DIED, time.now().toString());
        return outgoing("", names.dead(topic), fields, body);
    }

    private static Outgoing delayed(DelayLeg leg, String address, Map<String, String> fields, Bytes body) {
        if (leg.partial()) {
            fields.put(MessageHeaders.PARTIAL, "true");
        }
        return outgoing(Topology.hop(DelayLeg.DIGITS - 1), leg.key(address), fields, body);
    }

    private static Outgoing outgoing(String exchange, String key, Map<String, String> fields, Bytes body) {
        return new Outgoing(exchange, key, MessageHeaders.properties(fields), body);
    }

    /**
     * @param due when it is over, if there is one
     * @param leg the way through the grid, if it is not over already
     */
    private record Delay(@Nullable Instant due, Optional<DelayLeg> leg) {}

    private Delay delay(Start start) {
        if (start instanceof Start.Now) {
            return new Delay(null, Optional.empty());
        }
        Instant now = time.now();
        Instant due = start.resolve(now);
        return new Delay(
                due, due.isAfter(now) ? Optional.of(DelayLeg.of(Duration.between(now, due))) : Optional.empty());
    }
}
