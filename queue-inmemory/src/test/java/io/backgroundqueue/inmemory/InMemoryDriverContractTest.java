package io.backgroundqueue.inmemory;

import io.backgroundqueue.testkit.DriverHarness;
import io.backgroundqueue.testkit.seam.QueueDriverContract;

class InMemoryDriverContractTest extends QueueDriverContract {
    @Override
    protected DriverHarness openHarness() {
        return new InMemoryHarness();
    }
}
