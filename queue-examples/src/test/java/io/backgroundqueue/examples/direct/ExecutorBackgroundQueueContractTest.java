package io.backgroundqueue.examples.direct;

import io.backgroundqueue.testkit.BackgroundQueueContract;
import io.backgroundqueue.testkit.QueueHarness;

class ExecutorBackgroundQueueContractTest extends BackgroundQueueContract {
    @Override
    protected QueueHarness openHarness() {
        return new ExecutorHarness();
    }
}
