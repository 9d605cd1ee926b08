package io.backgroundqueue.inmemory;

import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.DeadReason;

/**
 * A dead letter and its place in the walk.
 *
 * @param number grows with each death
 * @param diedNanos when it died, by the timer
 * @param content what the walk shows
 */
record Letter(long number, long diedNanos, DeadLetter content) {
    static Letter of(StoredTask task, DeadReason reason, Moment diedAt) {
        return new Letter(task.position, diedAt.timer(), task.envelope.letter(task.progress, reason, diedAt.wall()));
    }
}
