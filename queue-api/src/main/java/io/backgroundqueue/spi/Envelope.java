package io.backgroundqueue.spi;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Start;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A task as it travels. Nothing in it ever changes, whatever happens to the task: what changes is {@link Progress}. Only
 * {@code start} is spent on the way: a driver resolves it once, and hands the task out with the due time instead.
 *
 * @param taskId a UUIDv7, or what a foreign producer chose; 1 to 256 characters
 * @param topic a legal {@link io.backgroundqueue.TopicName}
 * @param start when it may start
 * @param priority 0 to 9, higher first
 * @param headers the producer's, already checked
 * @param payload opaque bytes; byte-identical to the end
 * @param deduplication what to check it against, if asked for
 * @param orderingKey the line it stands in, if asked for
 * @param attempts how many runs may fail, if the producer said
 * @param expiresAfter how long after its due time it is worth running, if the producer said; the engine's business
 * @param enqueuedAt when the producer made it
 */
public record Envelope(
        String taskId,
        String topic,
        Start start,
        int priority,
        Map<String, String> headers,
        Bytes payload,
        Optional<Deduplication> deduplication,
        Optional<String> orderingKey,
        OptionalInt attempts,
        Optional<Duration> expiresAfter,
        Instant enqueuedAt) {

    /** Copies the headers. */
    public Envelope {
        headers = Map.copyOf(headers);
    }

    /** This task as a dead letter. */
    public DeadLetter letter(Progress progress, DeadReason reason, Instant diedAt) {
        return new DeadLetter(
                taskId,
                topic,
                reason,
                progress.lastError(),
                progress.failures(),
                progress.interruptions(),
                attempts,
                priority,
                Optional.of(enqueuedAt).filter(Instant.EPOCH::isBefore),
                Optional.of(diedAt),
                headers,
                payload);
    }

    /** The same task with its start spent. */
    public Envelope started() {
        return new Envelope(
                taskId,
                topic,
                Start.now(),
                priority,
                headers,
                payload,
                deduplication,
                orderingKey,
                attempts,
                expiresAfter,
                enqueuedAt);
    }
}
