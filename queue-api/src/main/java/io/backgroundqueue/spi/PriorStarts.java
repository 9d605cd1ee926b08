package io.backgroundqueue.spi;

import io.backgroundqueue.Capabilities.Precision;

/**
 * How often a task was handed out since its last stored verdict, without this time. Being released, parked or put back
 * counts nothing where the backend can tell.
 *
 * @param count 0 or more
 * @param precision how the count relates to the truth
 */
public record PriorStarts(int count, Precision precision) {
    /** Never, for certain. */
    public static final PriorStarts ZERO = new PriorStarts(0, Precision.EXACT);
}
