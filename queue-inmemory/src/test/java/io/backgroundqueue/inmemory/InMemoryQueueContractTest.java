package io.backgroundqueue.inmemory;

import io.backgroundqueue.testkit.BackgroundQueueContract;
import io.backgroundqueue.testkit.QueueHarness;

class InMemoryQueueContractTest extends BackgroundQueueContract {
    @Override
    protected QueueHarness openHarness() {
        return new InMemoryQueueHarness();
    }
}
