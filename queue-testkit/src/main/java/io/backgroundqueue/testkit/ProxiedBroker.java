package io.backgroundqueue.testkit;

import java.util.Optional;
import org.opentest4j.TestAbortedException;

/** A broker whose network is a proxy; the process is somebody else's where it is empty. */
record ProxiedBroker(FaultProxy network, Optional<BrokerProcess> process) implements BrokerControl {
    @Override
    public void stop() throws Exception {
        ours().stop();
    }

    @Override
    public void kill() throws Exception {
        ours().kill();
    }

    @Override
    public void start() throws Exception {
        ours().start();
    }

    @Override
    public void cutNetwork() {
        network.refuse();
        network.cut();
    }

    @Override
    public void restoreNetwork() {
        network.restore();
    }

    @Override
    public Optional<FaultProxy> proxy() {
        return Optional.of(network);
    }

    private BrokerProcess ours() {
        return process.orElseThrow(() -> new TestAbortedException("the broker's process is not ours to stop"));
    }
}
