package io.backgroundqueue.spi;

import java.time.Duration;

/**
 * A step that has to be taken again and again: forwarding, purging, reaping, listening. The engine owns the thread, the
 * pace, the pause after an error and the end; tests take the steps themselves. All calls but {@link #wake} come from one
 * thread.
 */
public interface Duty extends AutoCloseable {
    /** What it does, in a word or two, for thread names and logs. */
    String name();

    /**
     * One bounded step.
     *
     * @return how long to pause before the next; zero if there is more to do at once
     * @throws Exception the engine pauses, says so once, and calls again, for ever
     */
    Duration turn() throws Exception;

    /** Makes a waiting {@link #turn} return soon; any thread. */
    default void wake() {}

    /** Called once, after the last turn. */
    @Override
    default void close() {}
}
