package io.backgroundqueue.inmemory;

import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.spi.Envelope;
import java.util.Optional;

/**
 * A dead letter and its place in the walk.
 *
 * @param number grows with each death
 * @param diedNanos when it died, by the timer
 * @param content what the walk shows
 */
record Letter(long number, long diedNanos, DeadLetter content) {
    static Letter of(StoredTask task, DeadReason reason, Moment diedAt) {
        Envelope envelope = task.envelope;
        return new Letter(
                task.position,
                diedAt.timer(),
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
                        Optional.of(diedAt.wall()),
                        envelope.headers(),
                        envelope.payload()));
    }
}
