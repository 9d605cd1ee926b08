package io.backgroundqueue.jdbc;

import io.backgroundqueue.testkit.BrokerFaultContract;
import io.backgroundqueue.testkit.QueueHarness;

class JdbcH2FaultContractTest extends BrokerFaultContract {
    @Override
    protected QueueHarness openHarness() throws Exception {
        return JdbcHarness.h2ForProcesses();
    }
}
