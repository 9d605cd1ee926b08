package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Deduplication;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.PriorStarts;
import io.backgroundqueue.spi.Progress;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;

/** A copy of an envelope in the making, with something changed that never should. */
final class Copy {
    private final Envelope original;
    private String id;
    private String topic;
    private Start start;
    private int priority;
    private Map<String, String> headers;
    private Bytes payload;
    private Optional<Deduplication> deduplication;
    private Optional<String> orderingKey;
    private OptionalInt attempts;

    private Copy(Envelope original) {
        this.original = original;
        this.id = original.taskId();
        this.topic = original.topic();
        this.start = original.start();
        this.priority = original.priority();
        this.headers = original.headers();
        this.payload = original.payload();
        this.deduplication = original.deduplication();
        this.orderingKey = original.orderingKey();
        this.attempts = original.attempts();
    }

    static Copy of(Envelope original) {
        return new Copy(original);
    }

    Copy id(String value) {
        id = value;
        return this;
    }

    Copy topic(String value) {
        topic = value;
        return this;
    }

    Copy start(Start value) {
        start = value;
        return this;
    }

    Copy priority(int value) {
        priority = value;
        return this;
    }

    Copy headers(Map<String, String> value) {
        headers = value;
        return this;
    }

    Copy payload(String value) {
        payload = Bytes.utf8(value);
        return this;
    }

    Copy deduplication(UnaryOperator<Deduplication> change) {
        deduplication = deduplication.map(change);
        return this;
    }

    Copy withoutDeduplication() {
        deduplication = Optional.empty();
        return this;
    }

    Copy withoutKey() {
        orderingKey = Optional.empty();
        return this;
    }

    Copy withoutAttempts() {
        attempts = OptionalInt.empty();
        return this;
    }

    Envelope done() {
        return new Envelope(
                id,
                topic,
                start,
                priority,
                headers,
                payload,
                deduplication,
                orderingKey,
                attempts,
                original.expiresAfter(),
                original.enqueuedAt());
    }

    /** The same delivery of another envelope. */
    static Delivery.Task with(Delivery.Task task, Envelope envelope) {
        return new Delivery.Task(envelope, task.due(), task.progress(), task.starts(), task.lease());
    }

    static Delivery.Task with(Delivery.Task task, Progress progress) {
        return new Delivery.Task(task.envelope(), task.due(), progress, task.starts(), task.lease());
    }

    /** The same delivery with so many more prior starts. */
    static Delivery.Task moreStarts(Delivery.Task task, int more) {
        PriorStarts starts =
                new PriorStarts(task.starts().count() + more, task.starts().precision());
        return new Delivery.Task(task.envelope(), task.due(), task.progress(), starts, task.lease());
    }

    /** The same delivery with another due time. */
    static Delivery.Task due(Delivery.Task task, Instant due) {
        return new Delivery.Task(task.envelope(), due, task.progress(), task.starts(), task.lease());
    }

    /** A task by the lease of something that is none, so that it can be acknowledged. */
    static Delivery.Task readable(Delivery.Unreadable unreadable) {
        Envelope made = new Envelope(
                "unreadable",
                "unreadable",
                Start.now(),
                0,
                Map.of(),
                unreadable.bytes(),
                Optional.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                Instant.EPOCH);
        return new Delivery.Task(made, Instant.EPOCH, Progress.NONE, PriorStarts.ZERO, unreadable.lease());
    }
}
