package io.backgroundqueue.testkit;

import java.util.Optional;
import org.opentest4j.TestAbortedException;

/** A broker that answers. Closing it ends it, if it was started for the tests. */
public interface RunningBroker extends AutoCloseable {
    /** Where it is, in a form that its adapter understands; may hold a password. */
    String url();

    /** Its version, or {@code "unknown"}. */
    String version();

    /** How it came to run, for the report. */
    String startedBy();

    /** Its process, where it may be stopped. */
    Optional<BrokerProcess> process();

    /**
     * Runs a command line tool of the broker's beside it.
     *
     * @param words the tool and its arguments
     * @return what it printed
     * @throws TestAbortedException if that cannot be done here; the test is skipped
     * @throws IllegalStateException if it failed; the message has what it printed
     */
    default String tool(String... words) throws Exception {
        throw new TestAbortedException("no tool runs beside a broker that is " + startedBy() + ": " + words[0]);
    }

    @Override
    void close();
}
