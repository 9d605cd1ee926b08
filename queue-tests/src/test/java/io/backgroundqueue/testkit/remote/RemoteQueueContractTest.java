package io.backgroundqueue.testkit.remote;

import io.backgroundqueue.testkit.BackgroundQueueContract;
import io.backgroundqueue.testkit.QueueHarness;

class RemoteQueueContractTest extends BackgroundQueueContract {
    @Override
    protected QueueHarness openHarness() throws Exception {
        return RemoteHarness.open();
    }
}
