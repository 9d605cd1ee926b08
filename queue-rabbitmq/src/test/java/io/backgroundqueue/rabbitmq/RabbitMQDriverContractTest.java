package io.backgroundqueue.rabbitmq;

import io.backgroundqueue.testkit.DriverHarness;
import io.backgroundqueue.testkit.seam.QueueDriverContract;

class RabbitMQDriverContractTest extends QueueDriverContract {
    @Override
    protected DriverHarness openHarness() throws Exception {
        return RabbitMQHarness.drivers();
    }
}
