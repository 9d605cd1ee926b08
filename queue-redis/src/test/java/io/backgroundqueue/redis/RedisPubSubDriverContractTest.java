package io.backgroundqueue.redis;

import io.backgroundqueue.testkit.DriverHarness;
import io.backgroundqueue.testkit.seam.QueueDriverContract;

class RedisPubSubDriverContractTest extends QueueDriverContract {
    @Override
    protected DriverHarness openHarness() throws Exception {
        return new RedisPubSubHarness();
    }
}
