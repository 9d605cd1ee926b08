package io.backgroundqueue.jdbc;

import io.backgroundqueue.spi.Lease;

/**
 * What a receiver holds. A pair is never given twice.
 *
 * @param owner the worker row
 * @param number of the claim, times 1000, and of the task in it
 */
record JdbcLease(long owner, long number) implements Lease {
    /** How many tasks one claim can number, and a few to spare. */
    static final int PER_CLAIM = 1_000;

    /** What comes before the first number of a claim. */
    static long base(long claim) {
        return claim * PER_CLAIM;
    }
}
