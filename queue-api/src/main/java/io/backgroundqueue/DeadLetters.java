package io.backgroundqueue;

import java.util.Collection;
import java.util.List;

/**
 * One walk through the dead letters of a topic, oldest first. Walking changes nothing, however often it is done. Use it
 * on one thread and close it; letters belong to the walk that handed them out.
 */
public interface DeadLetters extends AutoCloseable {
    /** The next letters, at most {@code max}; empty at the end. */
    List<DeadLetter> next(int max);

    /**
     * Enqueues the letters again under their ids, behind the ready tasks, with attempts and interruptions starting anew.
     * Each is stored before its letter is removed. Letters that are gone by now are passed over.
     *
     * @return how many were replayed
     */
    int replay(Collection<DeadLetter> letters);

    /**
     * Deletes the letters for good.
     *
     * @return how many were deleted
     */
    int purge(Collection<DeadLetter> letters);

    @Override
    void close();
}
