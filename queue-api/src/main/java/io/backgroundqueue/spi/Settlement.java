package io.backgroundqueue.spi;

import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Start;

/** What becomes of a delivery. */
public sealed interface Settlement {
    /** What it settles. */
    Delivery delivery();

    /** It is done with and goes away: a task that ran, or something unreadable where no dead letters are kept. */
    record Ack(Delivery delivery) implements Settlement {}

    /**
     * The task runs again.
     *
     * @param delivery what it settles
     * @param progress to be stored with the task; starts count from 0 again
     * @param start not before this
     */
    record Later(Delivery.Task delivery, Progress progress, Start start) implements Settlement {}

    /**
     * The task goes to the dead letters.
     *
     * @param delivery what it settles
     * @param progress to be stored with the letter; its {@code lastError} is the letter's error
     * @param reason why
     */
    record Dead(Delivery delivery, Progress progress, DeadReason reason) implements Settlement {}

    /** The task goes back to where it was, as if it had never been handed out. */
    record Release(Delivery delivery) implements Settlement {}
}
