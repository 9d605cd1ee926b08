package io.backgroundqueue.jdbc;

import io.backgroundqueue.testkit.DriverHarness;
import io.backgroundqueue.testkit.seam.QueueDriverContract;

class JdbcH2DriverContractTest extends QueueDriverContract {
    @Override
    protected DriverHarness openHarness() throws Exception {
        return JdbcHarness.h2();
    }
}
