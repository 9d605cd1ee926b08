package io.backgroundqueue.inmemory;

import io.backgroundqueue.Start;
import io.backgroundqueue.Time;
import java.time.Instant;

/**
 * When a task may start, on the clock that decides it. A delay runs on the timer, so that a wall clock that jumps makes
 * no delay shorter or longer; a time of day is a matter of the wall clock, whatever it says when it is asked.
 *
 * @param clock which clock
 * @param nanos what that clock says then
 */
record Due(Clock clock, long nanos) {
    enum Clock {
        TIMER,
        WALL
    }

    static Due now(Moment now) {
        return new Due(Clock.TIMER, now.timer());
    }

    static Due of(Start start, Moment now, Time time) {
        if (start instanceof Start.After after) {
            return new Due(Clock.TIMER, time.deadline(after.delay()));
        }
        if (start instanceof Start.At at && at.time().isAfter(now.wall())) {
            return new Due(Clock.WALL, Moment.nanosOf(at.time()));
        }
        return now(now);
    }

    /** How many nanoseconds ago it was; negative while it is still to come. */
    long overdue(Moment now) {
        return (clock == Clock.TIMER ? now.timer() : Moment.nanosOf(now.wall())) - nanos;
    }

    boolean reached(Moment now) {
        return overdue(now) >= 0;
    }

    /** The moment for people and for the engine: as long ago as it was, so never later than {@code now}. */
    Instant instant(Moment now) {
        return now.wall().minusNanos(Math.max(0, overdue(now)));
    }
}
