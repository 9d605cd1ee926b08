package io.backgroundqueue.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Settlement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Batches are real: what 100 tasks cost is counted by the server. */
class RoundTripsTest {
    private static final int BATCH = 100;
    private static final int ROUNDS = 20;

    private Lab lab;
    private RedisDriver driver;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.own();
        driver = lab.driver();
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void aHundredTasksTakeOneCommandEachToSendToClaimAndToSettle() throws Exception {
        String topic = Lab.newTopic("trips");
        RedisReceiver receiver = lab.receiver(driver, topic);
        round(topic, receiver);
        long before = commands();

        for (int i = 0; i < ROUNDS; i++) {
            round(topic, receiver);
        }

        double perTask = (double) (commands() - before) / (ROUNDS * BATCH);
        assertThat(perTask)
                .as("commands per task, sent, claimed, renewed and settled")
                .isBetween(0.04, 0.05);
    }

    @Test
    void aHundredTasksOfTenTopicsTakeOneScriptPerTopic() {
        List<Envelope> batch = new ArrayList<>();
        for (int i = 0; i < BATCH; i++) {
            batch.add(Lab.task("trips-" + i % 10));
        }
        Lab.sent(driver, batch);
        long before = commands();

        Lab.sent(driver, batch.stream().map(task -> Lab.task(task.topic())).toList());

        assertThat(commands() - before).isEqualTo(10);
    }

    private void round(String topic, RedisReceiver receiver) throws Exception {
        Lab.sent(driver, Lab.tasks(topic, BATCH));
        receiver.lookUp(false);
        List<Delivery> found = Lab.now(receiver, BATCH);
        assertThat(found).hasSize(BATCH);
        assertThat(receiver.extend(found)).isEmpty();
        assertThat(receiver.settle(
                        found.stream().<Settlement>map(Settlement.Ack::new).toList()))
                .containsOnly(Outcome.DONE);
    }

    /** What clients asked for; what scripts do inside is not a round trip. */
    private long commands() {
        return lab.calls("evalsha", "eval", "ping", "blpop");
    }
}
