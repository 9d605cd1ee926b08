package io.backgroundqueue.spi;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Start;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** An envelope, described by what matters in a test. */
public record SampleTask(
        String id,
        String topic,
        Map<String, String> headers,
        Bytes payload,
        Optional<Deduplication> dedup,
        OptionalInt attempts,
        Optional<Duration> expiry) {
    /** When every sample was enqueued. */
    public static final Instant MADE = Instant.parse("2026-03-01T10:15:30.123456789Z");

    /** A task on the topic {@code orders} whose payload is the JSON text {@code "id"}. */
    public static SampleTask task(String id) {
        return new SampleTask(
                id,
                "orders",
                Map.of(),
                Bytes.utf8("\"" + id + "\""),
                Optional.empty(),
                OptionalInt.empty(),
                Optional.empty());
    }

    /** On another topic. */
    public SampleTask topic(String other) {
        return new SampleTask(id, other, headers, payload, dedup, attempts, expiry);
    }

    /** With other headers. */
    public SampleTask headers(Map<String, String> others) {
        return new SampleTask(id, topic, others, payload, dedup, attempts, expiry);
    }

    /** With another payload. */
    public SampleTask payload(Bytes other) {
        return new SampleTask(id, topic, headers, other, dedup, attempts, expiry);
    }

    /** With a deduplication id. */
    public SampleTask dedup(String dedupId, Duration window) {
        return new SampleTask(
                id, topic, headers, payload, Optional.of(new Deduplication(dedupId, window)), attempts, expiry);
    }

    /** With attempts of its own. */
    public SampleTask attempts(int most) {
        return new SampleTask(id, topic, headers, payload, dedup, OptionalInt.of(most), expiry);
    }

    /** With an expiry. */
    public SampleTask expiresAfter(Duration span) {
        return new SampleTask(id, topic, headers, payload, dedup, attempts, Optional.of(span));
    }

    /** What the seam sees of it. */
    public Envelope envelope() {
        return new Envelope(
                id, topic, Start.now(), 0, headers, payload, dedup, Optional.empty(), attempts, expiry, MADE);
    }
}
