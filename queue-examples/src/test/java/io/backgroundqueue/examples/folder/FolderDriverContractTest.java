package io.backgroundqueue.examples.folder;

import io.backgroundqueue.testkit.DriverHarness;
import io.backgroundqueue.testkit.seam.QueueDriverContract;

class FolderDriverContractTest extends QueueDriverContract {
    @Override
    protected DriverHarness openHarness() throws Exception {
        return FolderHarness.forDrivers();
    }
}
