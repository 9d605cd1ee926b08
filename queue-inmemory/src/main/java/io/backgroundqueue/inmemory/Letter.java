package io.backgroundqueue.inmemory;

import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.spi.Envelope;
import java.time.Instant;
import java.util.Optional;

/**
 * A dead letter and its place in the walk.
 *
 * @param number grows with each death
 * @param content what the walk shows
 */
record Letter(long number, DeadLetter content) {
    static Letter of(StoredTask task, DeadReason reason, Instant diedAt) {
        Envelope envelope = task.envelope;
        return new Letter(
                task.position,
                new DeadLetter(
                        envelope.taskId(),
                        envelope.topic(),
                        reason,
                        task.progress.lastError(),
                        task.progress.failures(),
                        task.progress.interruptions(),
                        envelope.attempts(),
                        envelope.priority(),
                        Optional.of(envelope.enqueuedAt()),
                        Optional.of(diedAt),
                        envelope.headers(),
                        envelope.payload()));
    }
}
