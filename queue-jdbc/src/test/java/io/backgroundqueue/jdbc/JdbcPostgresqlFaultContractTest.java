package io.backgroundqueue.jdbc;

import io.backgroundqueue.testkit.BrokerFaultContract;
import io.backgroundqueue.testkit.QueueHarness;

class JdbcPostgresqlFaultContractTest extends BrokerFaultContract {
    @Override
    protected QueueHarness openHarness() throws Exception {
        return JdbcHarness.postgresql().behindProxy();
    }
}
