package io.backgroundqueue.spi;

/**
 * The three lanes in which brokers without priorities keep the ten priorities. Fixed, with no option, so that no
 * producer writes where no worker reads.
 */
public final class Lanes {
    /** Lane 0 is taken first. */
    public static final int COUNT = 3;

    private Lanes() {}

    /** The lane of a priority: 7 to 9 in lane 0, 4 to 6 in lane 1, 0 to 3 in lane 2. */
    public static int of(int priority) {
        if (priority >= 7) {
            return 0;
        }
        return priority >= 4 ? 1 : 2;
    }
}
