package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
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
        lab = Lab.own("shared_preload_libraries=pg_stat_statements");
        Raw.run(lab.rawUrl(), "CREATE EXTENSION pg_stat_statements SCHEMA public");
        driver = lab.closeLater(Lab.opened(lab.with("listen=false")));
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void aHundredTasksTakeOneStatementEachToSendToClaimToRenewAndToSettle() throws Exception {
        String topic = Lab.newTopic("trips");
        Receiver receiver = lab.receiver(driver, topic);
        round(topic, receiver);
        long before = statements();

        for (int i = 0; i < ROUNDS; i++) {
            round(topic, receiver);
        }

        double perTask = (double) (statements() - before) / (ROUNDS * BATCH);
        System.out.printf("statements per task, sent, claimed, renewed and settled: %.3f%n", perTask);
        assertThat(perTask)
                .as("statements per task, sent, claimed, renewed and settled")
                .isBetween(0.04, 0.05);
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

    private void round(String topic, Receiver receiver) throws Exception {
        Lab.sent(driver, Lab.tasks(topic, BATCH));
        List<Delivery> found = Lab.now(receiver, BATCH);
        assertThat(found).hasSize(BATCH);
        assertThat(receiver.extend(found)).isEmpty();
        assertThat(receiver.settle(Lab.acks(found))).containsOnly(Outcome.DONE);
    }

    /** All that clients asked for, but for our own looks at the statistics and what the pool does to a new connection. */
    private long statements() throws Exception {
        return lab.number("SELECT coalesce(sum(calls), 0) FROM public.pg_stat_statements WHERE"
                + " query NOT LIKE '%pg_stat_statements%' AND query NOT LIKE 'SET %' AND query NOT LIKE 'SHOW %'");
    }
}
