package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Traps P1 and P14: what PostgreSQL keeps of rows that are gone. */
class BloatTest {
    private static final int ROUND = 500;
    private static final int STEP = 50_000;
    private static final int STEPS = 5;

    /** Of the smallest index that has the tasks of this test in it: topic, priority and place; 8 of header, 4 of pointer. */
    private static final int INDEX_ENTRY_BYTES = 40;

    private Lab lab;
    private QueueDriver driver;
    private Receiver receiver;
    private String topic;

    @AfterEach
    void close() {
        lab.close();
    }

    /**
     * A quarter of a million tasks, not a million: the bound is what a single index with an entry too many for each task
     * would have grown by.
     */
    @Test
    void tablesAndIndexesStopGrowing() throws Exception {
        open("autovacuum_naptime=1s");
        through(STEP);
        long first = size();
        List<Long> sizes = new ArrayList<>(List.of(first));
        for (int step = 1; step < STEPS; step++) {
            through(STEP);
            sizes.add(size());
        }

        System.out.printf("bq_task with its indexes after each %d tasks: %s KiB%n", STEP, sizes);
        assertThat(Collections.max(sizes) - first)
                .as("KiB that were added after the first %d tasks", STEP)
                .isLessThan((STEPS - 1L) * STEP * INDEX_ENTRY_BYTES / 1_024);
    }

    @Test
    void aTransactionThatStaysOpenForLongSlowsTheQueueWithinABound() throws Exception {
        open("autovacuum_naptime=1s");
        through(5_000);
        double before = rate(20_000);
        double during;
        try (Connection open = Raw.connection(lab.rawUrl())) {
            open.setAutoCommit(false);
            open.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            Raw.column(open, "SELECT count(*) FROM bq_worker");
            through(20_000);
            during = rate(20_000);
            System.out.printf(
                    "tasks a second: %.0f, beside a transaction that has been open for 20,000 tasks: %.0f; dead rows: %d%n",
                    before,
                    during,
                    lab.number("SELECT n_dead_tup FROM pg_stat_all_tables WHERE relname = 'bq_task'"
                            + " AND schemaname = current_schema()"));
            open.rollback();
        }
        assertThat(during).isGreaterThan(before / 10);
        Lab.until(() -> rate(5_000) > before / 3, "the queue should recover when the transaction has ended");
    }

    private void open(String... settings) throws Exception {
        lab = Lab.own(settings);
        driver = lab.driver();
        topic = Lab.newTopic("bloat");
        receiver = lab.receiver(driver, topic);
    }

    private double rate(int tasks) throws Exception {
        return tasks / Timed.seconds(() -> through(tasks));
    }

    /** Sends, claims and settles. */
    private void through(int tasks) throws Exception {
        for (int done = 0; done < tasks; done += ROUND) {
            Lab.sent(driver, Lab.tasks(topic, ROUND));
            List<Delivery> found = Lab.next(receiver, ROUND);
            receiver.settle(Lab.acks(found));
        }
    }

    private long size() throws Exception {
        return lab.number("SELECT pg_total_relation_size('bq_task') / 1024");
    }
}
