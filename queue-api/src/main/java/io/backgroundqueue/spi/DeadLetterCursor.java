package io.backgroundqueue.spi;

import io.backgroundqueue.DeadLetter;
import java.util.List;

/** One walk through the dead letters of a topic, oldest first, on one thread. Walking destroys and reorders nothing. */
public interface DeadLetterCursor extends AutoCloseable {
    /** The next letters, at most {@code max}; empty at the end. */
    List<DeadLetter> next(int max) throws Exception;

    /**
     * Stores each letter's task again, with {@link Progress#replay()}, behind the ready ones, and then removes the
     * letter. Passes over letters that are gone.
     *
     * @param letters letters that this cursor handed out
     * @return how many were replayed
     */
    int replay(List<DeadLetter> letters) throws Exception;

    /**
     * Deletes letters.
     *
     * @param letters letters that this cursor handed out
     * @return how many were deleted
     */
    int purge(List<DeadLetter> letters) throws Exception;

    /** Gives back whatever walking holds. */
    @Override
    void close();
}
