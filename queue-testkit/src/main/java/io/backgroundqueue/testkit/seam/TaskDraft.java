package io.backgroundqueue.testkit.seam;

import com.github.f4b6a3.uuid.UuidCreator;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Deduplication;
import io.backgroundqueue.spi.Envelope;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/** An envelope in the making: a small JSON payload, and nothing else unless it is said. */
final class TaskDraft {
    private final String topic;
    private final Map<String, String> headers = new TreeMap<>();
    private String id = UuidCreator.getTimeOrderedEpoch().toString();
    private Start start = Start.now();
    private int priority;
    private Bytes payload = Bytes.utf8("{\"n\":1}");
    private Optional<Deduplication> deduplication = Optional.empty();
    private Optional<String> orderingKey = Optional.empty();
    private OptionalInt attempts = OptionalInt.empty();
    private Optional<Duration> expiresAfter = Optional.empty();

    TaskDraft(String topic) {
        this.topic = topic;
    }

    TaskDraft id(String value) {
        id = value;
        return this;
    }

    TaskDraft start(Start value) {
        start = value;
        return this;
    }

    TaskDraft delay(Duration value) {
        start = Start.after(value);
        return this;
    }

    TaskDraft priority(int value) {
        priority = value;
        return this;
    }

    TaskDraft header(String name, String value) {
        headers.put(name, value);
        return this;
    }

    TaskDraft payload(Bytes value) {
        payload = value;
        return this;
    }

    TaskDraft deduplication(String value, Duration window) {
        deduplication = Optional.of(new Deduplication(value, window));
        return this;
    }

    TaskDraft orderingKey(String value) {
        orderingKey = Optional.of(value);
        return this;
    }

    TaskDraft attempts(int value) {
        attempts = OptionalInt.of(value);
        return this;
    }

    TaskDraft expiresAfter(Duration value) {
        expiresAfter = Optional.of(value);
        return this;
    }

    Envelope at(Instant now) {
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
                expiresAfter,
                now.truncatedTo(ChronoUnit.MILLIS));
    }
}
