package io.backgroundqueue.testkit.remote;

import io.backgroundqueue.testkit.BackgroundQueueContract;
import io.backgroundqueue.testkit.QueueHarness;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class RemoteQueueContractTest extends BackgroundQueueContract {
    private static RemoteHarness broker;

    @BeforeAll
    static void startTheBroker() throws Exception {
        broker = RemoteHarness.open();
    }

    @AfterAll
    static void endTheBroker() {
        broker.close();
    }

    @Override
    protected QueueHarness openHarness() {
        return broker.lend();
    }
}
