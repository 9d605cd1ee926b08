package io.backgroundqueue.testkit;

import java.util.Optional;

/** A broker that a test may hurt. Each call returns when it is done; doing it twice is harmless. */
public interface BrokerControl extends BrokerProcess {
    /** Breaks all connections between the drivers and the broker, and lets none through. */
    void cutNetwork() throws Exception;

    /** Lets connections through again. */
    void restoreNetwork() throws Exception;

    /** The proxy through which all drivers reach the broker, for finer faults; the rules about those need it. */
    default Optional<FaultProxy> proxy() {
        return Optional.empty();
    }

    /**
     * A broker behind a proxy.
     *
     * @param process the broker, if it may be stopped; else the tests that would are skipped
     * @param proxy what all drivers reach it through; closed by whoever made it
     */
    static BrokerControl behind(FaultProxy proxy, Optional<BrokerProcess> process) {
        return new ProxiedBroker(proxy, process);
    }
}
