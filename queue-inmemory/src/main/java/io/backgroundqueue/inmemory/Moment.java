package io.backgroundqueue.inmemory;

import io.backgroundqueue.Time;
import java.time.Instant;

/**
 * One reading of both clocks, so that one operation sees one time.
 *
 * @param timer the clock that never jumps, in nanoseconds
 * @param wall the clock on the wall
 */
record Moment(long timer, Instant wall) {
    private static final long SECOND = 1_000_000_000L;

    /** The timer first: a pause between the two readings makes a due time look later, never earlier than promised. */
    static Moment of(Time time) {
        long timer = time.nanos();
        return new Moment(timer, time.now());
    }

    /** Nanoseconds since 1970, cut to what a long holds: the years 1677 to 2262. */
    static long nanosOf(Instant instant) {
        long most = Long.MAX_VALUE / SECOND - 1;
        long seconds = Math.max(-most, Math.min(most, instant.getEpochSecond()));
        return seconds * SECOND + instant.getNano();
    }
}
