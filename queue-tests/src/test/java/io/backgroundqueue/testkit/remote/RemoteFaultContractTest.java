package io.backgroundqueue.testkit.remote;

import io.backgroundqueue.testkit.BrokerFaultContract;
import io.backgroundqueue.testkit.QueueHarness;

class RemoteFaultContractTest extends BrokerFaultContract {
    @Override
    protected QueueHarness openHarness() throws Exception {
        return RemoteHarness.open();
    }
}
