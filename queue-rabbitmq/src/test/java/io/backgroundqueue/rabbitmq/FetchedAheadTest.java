package io.backgroundqueue.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.testkit.Brokers;
import io.backgroundqueue.testkit.Patience;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a worker has fetched and cannot run is hidden from others, and the broker's patience with it is spent for nothing. */
class FetchedAheadTest {
    @Test
    void aWorkerThatIsFullForLongGivesBackWhatItHasFetchedAndFetchesAgainWhenItHasRoom() throws Exception {
        Ahead time = new Ahead();
        try (Lab lab = new Lab(Brokers.shared("rabbitmq").url(), time)) {
            String topic = lab.topic();
            RabbitMQReceiver full = lab.receiver(topic, 1);
            lab.sent(Lab.task(topic, 9));
            Lab.taken(full, 1);
            lab.sent(Lab.task(topic, 0));
            Patience.standard().eventually(() -> fetched(lab, full, topic), () -> "the full worker should fetch it");
            time.advance(Duration.ofSeconds(11));
            full.receive(0, Duration.ZERO);

            RabbitMQReceiver idle = lab.receiver(topic, 1);
            List<Delivery.Task> taken = Lab.taken(idle, 1);
            assertThat(taken.get(0).envelope().priority()).isZero();
            lab.sent(Lab.task(topic, 5));
            idle.close();
            assertThat(Lab.taken(full, 2))
                    .extracting(task -> task.envelope().priority())
                    .containsExactly(5, 0);
        }
    }

    /** Nothing is ready any more. */
    private static boolean fetched(Lab lab, RabbitMQReceiver receiver, String topic) throws Exception {
        assertThat(receiver.receive(0, Duration.ZERO)).isEmpty();
        return lab.driver.stats(topic).ready().orElseThrow() == 0;
    }
}
