package io.backgroundqueue.spi;

import java.util.function.IntPredicate;

/**
 * Chooses the lane to take the next task from: the first one with work, except that one pick in 16 goes to a lower lane
 * with work, each in its turn, so that none starves. Not thread-safe.
 */
public final class LanePicker {
    private static final int SHARE = 16;

    private final int lanes;
    private int picks;
    private int turn;

    /** Picks among lanes 0 (first) to {@code lanes - 1}. */
    public LanePicker(int lanes) {
        this.lanes = lanes;
    }

    /** The lane to take from, or -1 if {@code hasWork} holds for none. */
    public int pick(IntPredicate hasWork) {
        int first = next(hasWork, 0);
        if (first < 0) {
            return -1;
        }
        picks = (picks + 1) % SHARE;
        return picks == 0 ? lower(hasWork, first) : first;
    }

    private int lower(IntPredicate hasWork, int first) {
        int from = turn > first && turn < lanes ? turn : first + 1;
        int found = next(hasWork, from);
        if (found < 0) {
            found = next(hasWork, first + 1);
        }
        if (found < 0) {
            return first;
        }
        turn = found + 1;
        return found;
    }

    private int next(IntPredicate hasWork, int from) {
        for (int lane = from; lane < lanes; lane++) {
            if (hasWork.test(lane)) {
                return lane;
            }
        }
        return -1;
    }
}
