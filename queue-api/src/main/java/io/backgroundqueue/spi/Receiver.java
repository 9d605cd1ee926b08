package io.backgroundqueue.spi;

import java.time.Duration;
import java.util.List;

/**
 * The consuming end of one topic, for one worker. Three threads use it: the loop calls {@link #receive}, {@link #park}
 * and {@link #close}; the settler calls {@link #settle}, beside a receive; the keeper calls {@link #extend}. {@link
 * #wake} may come from any thread. The engine never interrupts any of them.
 */
public interface Receiver extends AutoCloseable {
    /**
     * Hands out tasks.
     *
     * <p>Called at least every second from opening to closing, also with {@code max = 0} when nothing is wanted (paused,
     * busy, draining): it is the driver's chance to poll, commit, reconnect and re-route without a thread of its own. It
     * returns as soon as one task is there. What it returns counts as started. It may block up to {@link
     * ReceiverOptions#handover()} to hand work over to another process.
     *
     * @param max the most tasks to return; 0 means none
     * @param wait how long to wait for the first, at most {@code Limits.maxWait}; zero means not at all
     * @return the tasks, perhaps none
     * @throws Exception for now; the engine pauses and calls again, for ever. No state is lost by a throw
     */
    List<Delivery> receive(int max, Duration wait) throws Exception;

    /**
     * Stores verdicts, in as few round trips as possible. A settlement whose lease was lost never removes work. Settling
     * twice is harmless: the second is {@link Outcome#STALE}. Where a verdict needs a copy of the task, the copy is
     * confirmed before the original goes; within a batch, copies are started first, plain acks settled meanwhile, and
     * the copies awaited last.
     *
     * @return one outcome per settlement, in order
     * @throws Exception if none took effect, or nothing is known about any
     */
    List<Outcome> settle(List<Settlement> batch) throws Exception;

    /**
     * Renews the leases of all deliveries that are out. Called every third of the lease, also with an empty list: a
     * driver renews then what it holds for itself.
     *
     * @return those of {@code held} whose lease is known to be lost
     */
    List<Delivery> extend(List<Delivery> held) throws Exception;

    /**
     * Stops intake and gives back at once what is buffered and was not handed out; {@link #settle} and {@link #extend}
     * go on. A later {@code receive} with {@code max > 0} resumes.
     */
    void park() throws Exception;

    /** Makes a waiting {@link #receive} return soon. Doing nothing is legal where waits are at most a second. */
    default void wake() {}

    /** Steps that must go on for this receiver. Asked once after opening; closed before the receiver. */
    default List<Duty> duties() {
        return List.of();
    }

    /**
     * Makes all settlements durable and ends. Called once, after the last receive, settle and extend have returned.
     * Gives back what is buffered; never touches a delivery whose handler may still run.
     */
    @Override
    void close();
}
