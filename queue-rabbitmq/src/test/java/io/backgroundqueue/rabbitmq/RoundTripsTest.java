package io.backgroundqueue.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Settlement;
import io.backgroundqueue.testkit.Brokers;
import io.backgroundqueue.testkit.FaultProxy;
import io.backgroundqueue.testkit.FaultProxy.Direction;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Batches are real: over a line that takes a quarter of a second, a hundred tasks take as long as two. The first one goes
 * alone, and the others wait together until the line has room.
 */
class RoundTripsTest {
    private static final Duration ROUND_TRIP = Duration.ofMillis(250);
    private static final int BATCH = 100;

    @Test
    void aHundredTasksTakeTwoTripsAtMostToSendNoneToAcknowledgeAndTwoToRetry() throws Exception {
        String url = Brokers.shared("rabbitmq").url();
        try (FaultProxy network = RawRabbitMQ.proxy(url);
                Lab lab = new Lab(RawRabbitMQ.through(network, url))) {
            String topic = lab.topic();
            RabbitMQReceiver receiver = lab.receiver(topic);
            lab.sent(batch(topic));
            List<Delivery.Task> first = Lab.taken(receiver, BATCH);
            receiver.settle(List.of(later(first.get(0))));
            network.delay(Direction.TO_SERVER, ROUND_TRIP);

            assertThat(trips(() -> lab.sent(batch(topic))))
                    .as("round trips of a send")
                    .isLessThanOrEqualTo(2);
            assertThat(trips(() -> done(
                            receiver,
                            first.stream()
                                    .skip(1)
                                    .limit(49)
                                    .<Settlement>map(Settlement.Ack::new)
                                    .toList())))
                    .as("round trips of acknowledgements")
                    .isZero();
            assertThat(trips(() -> done(
                            receiver,
                            first.stream().skip(50).map(RoundTripsTest::later).toList())))
                    .as("round trips of retries")
                    .isLessThanOrEqualTo(2);
        }
    }

    private static Settlement later(Delivery.Task task) {
        return new Settlement.Later(task, task.progress(), Start.now());
    }

    private static void done(RabbitMQReceiver receiver, List<Settlement> batch) throws Exception {
        assertThat(receiver.settle(batch)).containsOnly(Outcome.DONE);
    }

    private static Envelope[] batch(String topic) {
        return IntStream.range(0, BATCH).mapToObj(i -> Lab.task(topic)).toArray(Envelope[]::new);
    }

    private interface Step {
        void run() throws Exception;
    }

    private static long trips(Step step) throws Exception {
        long begin = System.nanoTime();
        step.run();
        return Duration.ofNanos(System.nanoTime() - begin).dividedBy(ROUND_TRIP);
    }
}
