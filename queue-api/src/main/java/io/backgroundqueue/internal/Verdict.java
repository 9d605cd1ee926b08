package io.backgroundqueue.internal;

import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.Optional;

/**
 * How a delivery ends.
 *
 * @param settlement what is stored
 * @param told the event once it is stored
 * @param holdBack how long to keep the delivery before it is settled
 */
record Verdict(Settlement settlement, Optional<TaskEvent> told, Duration holdBack) {
    static Verdict of(Settlement settlement, TaskEvent told) {
        return new Verdict(settlement, Optional.of(told), Duration.ZERO);
    }
}
