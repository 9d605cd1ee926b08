package io.backgroundqueue.spi;

import java.util.Optional;

/**
 * All that changes in the life of a task. A driver stores it with the task and hands it out unchanged; it never computes
 * one, except that a replay resets it with {@link #replay()}.
 *
 * @param verdicts how many runs ended with an answer that was stored: a failure or a "later"
 * @param failures how many of them were failures
 * @param interruptions how many runs, up to the last stored verdict, ended without one
 * @param replayed whether it came back from the dead letters
 * @param lastError what the last failure said, shortened
 */
public record Progress(int verdicts, int failures, int interruptions, boolean replayed, Optional<String> lastError) {
    /** A task that has not run. */
    public static final Progress NONE = new Progress(0, 0, 0, false, Optional.empty());

    /** What a task starts with that is replayed from the dead letters. */
    public static Progress replay() {
        return new Progress(0, 0, 0, true, Optional.empty());
    }
}
