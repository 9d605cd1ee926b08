package io.backgroundqueue.testkit;

import java.util.List;

/**
 * One way to get a broker for tests; found by {@link java.util.ServiceLoader}. Has a public constructor without
 * parameters that does nothing.
 */
public interface BrokerStarter {
    /** How it starts it. Tried in this order. */
    enum Kind {
        /** In a container: brings the newest version. */
        CONTAINER,
        /** As a process on this machine. */
        PROCESS
    }

    /** The broker's short name, such as {@code redis}. */
    String broker();

    /** How it starts it. */
    Kind kind();

    /** Whether it can start one here; quick, and never throws. */
    boolean available();

    /** What to install so that it can, as the end of a sentence. */
    String remedy();

    /** Starts one on a free port, in a folder of its own; returns when it answers. */
    RunningBroker start() throws Exception;

    /**
     * The same, with settings on top, in the broker's own words; each starter says what one is.
     *
     * @throws UnsupportedOperationException if it knows of none, and there are some
     */
    default RunningBroker start(List<String> settings) throws Exception {
        if (!settings.isEmpty()) {
            throw new UnsupportedOperationException(
                    getClass().getSimpleName() + " takes no settings, such as " + settings.get(0));
        }
        return start();
    }
}
