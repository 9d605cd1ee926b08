package io.backgroundqueue.inmemory;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Deduplication;
import io.backgroundqueue.spi.Envelope;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** An envelope, described by what matters in a test. */
record Sample(
        String id, String topic, Start start, int priority, int bytes, Optional<Deduplication> dedup, String key) {
    static Sample task(String id) {
        return new Sample(id, "orders", Start.now(), 0, 1, Optional.empty(), "");
    }

    Sample topic(String name) {
        return new Sample(id, name, start, priority, bytes, dedup, key);
    }

    Sample start(Start when) {
        return new Sample(id, topic, when, priority, bytes, dedup, key);
    }

    Sample after(Duration delay) {
        return start(Start.after(delay));
    }

    Sample priority(int level) {
        return new Sample(id, topic, start, level, bytes, dedup, key);
    }

    Sample bytes(int size) {
        return new Sample(id, topic, start, priority, size, dedup, key);
    }

    Sample dedup(String dedupId, Duration window) {
        return new Sample(id, topic, start, priority, bytes, Optional.of(new Deduplication(dedupId, window)), key);
    }

    Sample key(String orderingKey) {
        return new Sample(id, topic, start, priority, bytes, dedup, orderingKey);
    }

    Envelope envelope() {
        return new Envelope(
                id,
                topic,
                start,
                priority,
                Map.of("made-by", "test"),
                Bytes.wrap(new byte[bytes]),
                dedup,
                Optional.of(key).filter(name -> !name.isEmpty()),
                OptionalInt.of(4),
                Optional.empty(),
                Instant.EPOCH);
    }
}
