package io.backgroundqueue.rabbitmq;

import io.backgroundqueue.testkit.BrokerFaultContract;
import io.backgroundqueue.testkit.QueueHarness;

class RabbitMQFaultContractTest extends BrokerFaultContract {
    @Override
    protected QueueHarness openHarness() throws Exception {
        return RabbitMQHarness.queuesBehindProxy();
    }
}
