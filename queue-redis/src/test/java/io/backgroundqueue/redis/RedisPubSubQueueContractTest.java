package io.backgroundqueue.redis;

import io.backgroundqueue.testkit.BackgroundQueueContract;
import io.backgroundqueue.testkit.QueueHarness;

class RedisPubSubQueueContractTest extends BackgroundQueueContract {
    @Override
    protected QueueHarness openHarness() throws Exception {
        return new RedisPubSubHarness();
    }
}
