package io.backgroundqueue.examples.folder;

import io.backgroundqueue.testkit.BackgroundQueueContract;
import io.backgroundqueue.testkit.QueueHarness;

class FolderBackgroundQueueContractTest extends BackgroundQueueContract {
    @Override
    protected QueueHarness openHarness() throws Exception {
        return FolderHarness.forQueues();
    }
}
