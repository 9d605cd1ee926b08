package io.backgroundqueue.jdbc;

import io.backgroundqueue.testkit.BackgroundQueueContract;
import io.backgroundqueue.testkit.QueueHarness;

class JdbcH2QueueContractTest extends BackgroundQueueContract {
    @Override
    protected QueueHarness openHarness() throws Exception {
        return JdbcHarness.h2();
    }
}
