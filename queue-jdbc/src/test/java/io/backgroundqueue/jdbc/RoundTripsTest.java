package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Batches are real: what 100 tasks cost is counted by the server, COMMIT and the like included. */
class RoundTripsTest {
    private static final int BATCH = 100;
    private static final int ROUNDS = 20;

    private Lab lab;
    private QueueDriver driver;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.own(Blocks.COUNTING);
        Blocks.install(lab);
        driver = lab.closeLater(Lab.opened(lab.with("listen=false")));
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void aHundredTasksTakeOneStatementEachToSendToClaimToRenewAndToSettle() throws Exception {
        double perTask = statementsPerTask(driver);

        System.out.printf("statements per task, sent, claimed, renewed and settled: %.3f%n", perTask);
        assertThat(perTask).isBetween(0.039, 0.041);
    }

    /** As by default: that other processes are told takes one more for a batch. */
    @Test
    void whereOtherProcessesAreToldAHundredTasksTakeFiveStatements() throws Exception {
        double perTask = statementsPerTask(lab.closeLater(Lab.opened(lab.url())));

        System.out.printf("the same where other processes are told: %.3f%n", perTask);
        assertThat(perTask).isGreaterThan(0.04).isLessThanOrEqualTo(0.05);
    }

    @Test
    void otherProcessesAreToldOfATopicOnceInFiftyMilliseconds() throws Exception {
        QueueDriver telling = lab.closeLater(Lab.opened(lab.url()));
        String topic = Lab.newTopic("told");
        Duration time = Timed.of(() -> {
            for (int i = 0; i < 200; i++) {
                Lab.sent(telling, Lab.task(topic));
            }
        });

        long told = Blocks.calls(lab, "query LIKE '%pg_notify%'");
        System.out.printf("200 sends in %d ms took %d notifications%n", time.toMillis(), told);
        assertThat(told).isBetween(1L, time.toMillis() / 50 + 1);
    }

    @Test
    void aHundredTasksOfTenTopicsTakeOneStatement() throws Exception {
        List<Envelope> batch = new ArrayList<>();
        for (int i = 0; i < BATCH; i++) {
            batch.add(Lab.task("trips-" + i % 10));
        }
        Lab.sent(driver, batch);
        long before = statements();

        Lab.sent(driver, batch.stream().map(task -> Lab.task(task.topic())).toList());

        assertThat(statements() - before).isEqualTo(1);
    }

    private double statementsPerTask(QueueDriver working) throws Exception {
        String topic = Lab.newTopic("trips");
        Receiver receiver = lab.receiver(working, topic);
        round(working, topic, receiver);
        long before = statements();
        for (int i = 0; i < ROUNDS; i++) {
            round(working, topic, receiver);
        }
        return (double) (statements() - before) / (ROUNDS * BATCH);
    }

    private static void round(QueueDriver driver, String topic, Receiver receiver) throws Exception {
        Lab.sent(driver, Lab.tasks(topic, BATCH));
        List<Delivery> found = Lab.now(receiver, BATCH);
        assertThat(found).hasSize(BATCH);
        assertThat(receiver.extend(found)).isEmpty();
        assertThat(receiver.settle(Lab.acks(found))).containsOnly(Outcome.DONE);
    }

    /** All that clients asked for, but for our own looks at the statistics and what the pool does to a new connection. */
    private long statements() throws Exception {
        return Blocks.calls(lab, "query NOT LIKE 'SET %' AND query NOT LIKE 'SHOW %'");
    }
}
