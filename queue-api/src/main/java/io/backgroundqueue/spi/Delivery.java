package io.backgroundqueue.spi;

import io.backgroundqueue.Bytes;
import java.time.Instant;

/** What {@link Receiver#receive} hands out. */
public sealed interface Delivery {
    /** The driver's note. */
    Lease lease();

    /**
     * A task.
     *
     * @param envelope the task, its start spent
     * @param due when it became due. A driver whose broker's clock decided that hands out nothing later than its own
     *     {@link io.backgroundqueue.Time#now()}; a driver that hands out a task early says the true time, and the engine
     *     puts the task back
     * @param progress as it was stored
     * @param starts how often it was started since then
     * @param lease the driver's note
     */
    record Task(Envelope envelope, Instant due, Progress progress, PriorStarts starts, Lease lease)
            implements Delivery {}

    /**
     * Something that is no task. The engine dead-letters it, bytes and all.
     *
     * @param bytes everything there is
     * @param why what is wrong with it
     * @param lease the driver's note
     */
    record Unreadable(Bytes bytes, String why, Lease lease) implements Delivery {}

    /**
     * A task in a wire version that this library does not know. The engine gives it back, for a newer worker.
     *
     * @param version the version found
     * @param lease the driver's note
     */
    record TooNew(int version, Lease lease) implements Delivery {}
}
