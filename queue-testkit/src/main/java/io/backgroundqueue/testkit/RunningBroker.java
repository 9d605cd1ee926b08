package io.backgroundqueue.testkit;

import java.util.Optional;

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

    @Override
    void close();
}
