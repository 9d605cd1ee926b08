package io.backgroundqueue.inmemory;

import io.backgroundqueue.testkit.BrokerFaultContract;
import io.backgroundqueue.testkit.QueueHarness;

class InMemoryFaultContractTest extends BrokerFaultContract {
    @Override
    protected QueueHarness openHarness() {
        return new InMemoryQueueHarness();
    }
}
