package io.backgroundqueue.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Settlement;
import io.backgroundqueue.testkit.Brokers;
import io.backgroundqueue.testkit.Patience;
import io.backgroundqueue.testkit.RunningBroker;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A broker takes a task away from who holds it for too long. */
class ConsumerTimeoutTest {
    @Test
    void aTaskThatIsHeldTooLongIsStaleAndComesAgainToTheSameReceiver() throws Exception {
        try (RunningBroker broker = Brokers.own("rabbitmq", "consumer_timeout = 3000")) {
            broker.tool("rabbitmqctl", "eval", "application:set_env(rabbit, channel_tick_interval, 1000).");
            takenAway(broker.url());
        }
    }

    private static void takenAway(String url) throws Exception {
        try (Lab lab = new Lab(url)) {
            String topic = lab.topic();
            lab.sent(Lab.task(topic));
            RabbitMQReceiver receiver = lab.receiver(topic);
            Delivery.Task held = Lab.taken(receiver, 1).get(0);
            Patience.standard()
                    .eventually(
                            () -> receiver.extend(List.of(held)).contains(held),
                            () -> "the broker should take the task away");

            assertThat(receiver.settle(List.of(new Settlement.Ack(held)))).containsExactly(Outcome.STALE);
            Delivery.Task again = Lab.taken(receiver, 1).get(0);
            assertThat(again.envelope().taskId()).isEqualTo(held.envelope().taskId());
            assertThat(receiver.settle(List.of(new Settlement.Ack(again)))).containsExactly(Outcome.DONE);
            assertThat(receiver.receive(1, Duration.ofMillis(300))).isEmpty();
        }
    }
}
