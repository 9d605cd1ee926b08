package io.backgroundqueue.rabbitmq;

import io.backgroundqueue.testkit.BackgroundQueueContract;
import io.backgroundqueue.testkit.QueueHarness;

class RabbitMQQueueContractTest extends BackgroundQueueContract {
    @Override
    protected QueueHarness openHarness() throws Exception {
        return RabbitMQHarness.queues();
    }
}
