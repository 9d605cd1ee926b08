package io.backgroundqueue.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchException;

import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Settlement;
import io.backgroundqueue.testkit.Brokers;
import io.backgroundqueue.testkit.Patience;
import io.backgroundqueue.testkit.RunningBroker;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A broker that is short of room stops reading from whoever publishes. */
class AlarmTest {
    private static final Duration SHORT = Duration.ofSeconds(2);

    @Test
    void sendsEndInTimeAcknowledgementsGoOnAndAllGoesOnWhenThereIsRoom() throws Exception {
        try (RunningBroker broker = Brokers.own("rabbitmq");
                Lab lab = new Lab(broker.url())) {
            String topic = lab.topic();
            lab.sent(Lab.task(topic), Lab.task(topic));
            RabbitMQReceiver receiver = lab.receiver(topic);
            List<Delivery.Task> tasks = Lab.taken(receiver, 2);
            broker.tool("rabbitmqctl", "set_disk_free_limit", "999000000000000");

            assertThat(sendClass(lab, topic)).isIn(ErrorClass.OUTCOME_UNKNOWN, ErrorClass.THROTTLED);
            assertThat(sendClass(lab, topic)).isEqualTo(ErrorClass.THROTTLED);
            assertThat(receiver.settle(List.of(new Settlement.Ack(tasks.get(0)))))
                    .containsExactly(Outcome.DONE);
            assertThat(receiver.settle(List.of(later(tasks.get(1)))))
                    .singleElement()
                    .isInstanceOf(Outcome.Failed.class);

            broker.tool("rabbitmqctl", "set_disk_free_limit", "50000000");
            Patience.standard()
                    .eventually(
                            () -> receiver.settle(List.of(later(tasks.get(1)))).contains(Outcome.DONE),
                            () -> "the retry should be stored when there is room again");
            lab.sent(Lab.task(topic));
        }
    }

    private static Settlement later(Delivery.Task task) {
        return new Settlement.Later(task, task.progress(), Start.now());
    }

    private static ErrorClass sendClass(Lab lab, String topic) {
        long begin = System.nanoTime();
        List<SendResult> results = new java.util.ArrayList<>();
        Exception thrown = catchException(() -> results.addAll(lab.driver.send(List.of(Lab.task(topic)), SHORT)));
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(SHORT.plusSeconds(2));
        return thrown == null ? ((SendResult.Failed) results.get(0)).errorClass() : lab.driver.classify(thrown);
    }
}
