package io.backgroundqueue.jdbc;

import io.backgroundqueue.spi.Delivery;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What a receiver asks for.
 *
 * @param owner its worker row
 * @param number of this claim, the first being 1; the row may forbid it
 * @param most tasks
 * @param bytes of payload, unless the first task alone is larger
 * @param low how many of them come from a lower level, if one has any
 * @param turn the level that was the lower one the last time
 * @param renewMicros how long the worker row lives from now on, if it is to be renewed
 */
record Claim(String topic, long owner, long number, int most, int bytes, int low, int turn, OptionalLong renewMicros) {

    /**
     * What it got.
     *
     * @param alive whether the worker row is there and allows it
     * @param renewed whether the worker row was renewed, if it was to be; a claim that finds nothing may leave that to the next
     * @param deliveries in order
     * @param turn the lower level that was served, if one was
     */
    record Answer(boolean alive, boolean renewed, List<Delivery> deliveries, OptionalInt turn) {
        static final Answer FORBIDDEN = new Answer(false, false, List.of(), OptionalInt.empty());
    }
}
