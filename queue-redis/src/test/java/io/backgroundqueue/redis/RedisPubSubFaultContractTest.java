package io.backgroundqueue.redis;

import io.backgroundqueue.testkit.BrokerFaultContract;
import io.backgroundqueue.testkit.QueueHarness;

class RedisPubSubFaultContractTest extends BrokerFaultContract {
    @Override
    protected QueueHarness openHarness() throws Exception {
        return new RedisPubSubHarness();
    }
}
