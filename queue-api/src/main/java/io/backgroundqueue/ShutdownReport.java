package io.backgroundqueue;

import java.util.ArrayList;
import java.util.List;

/**
 * What a shutdown found and did.
 *
 * @param finished runs that were under way and got their verdict stored
 * @param released tasks that were given back before they had a verdict; nothing was charged to them
 * @param abandoned ids of tasks whose handler did not end in time; their lease runs out, or the broker hands them out
 * @param unsent tasks whose enqueueing was still under way and was failed
 * @param discarded tasks that a backend in memory still held, and that are gone
 */
public record ShutdownReport(int finished, int released, List<String> abandoned, int unsent, long discarded) {
    /** Nothing was under way. */
    public static final ShutdownReport EMPTY = new ShutdownReport(0, 0, List.of(), 0, 0);

    /** Copies the list. */
    public ShutdownReport {
        abandoned = List.copyOf(abandoned);
    }

    /** Both reports as one. */
    public ShutdownReport plus(ShutdownReport other) {
        List<String> all = new ArrayList<>(abandoned);
        all.addAll(other.abandoned);
        return new ShutdownReport(
                finished + other.finished,
                released + other.released,
                all,
                unsent + other.unsent,
                discarded + other.discarded);
    }
}
