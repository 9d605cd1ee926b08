package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueRequest;
import io.backgroundqueue.EnqueueResult;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.SendResult;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Traps P5 and P7: many at once want the same ids. */
@ParameterizedClass
@EnumSource(LabDatabase.class)
class DeduplicationRaceTest {
    private static final int THREADS = 8;

    @Parameter
    LabDatabase database;

    private Lab lab;
    private QueueDriver driver;
    private String topic;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.on(database);
        driver = lab.driver();
        topic = Lab.newTopic("race");
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void ofAThousandEnqueuesOfOneIdOneIsAcceptedAndTheOthersNameIt() throws Exception {
        List<Future<List<SendResult>>> all = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
            all.add(Lab.beside("race", () -> {
                List<SendResult> results = new ArrayList<>();
                for (int i = 0; i < 1_000 / THREADS; i++) {
                    results.addAll(Lab.sentUntilAnswered(driver, List.of(Lab.once(topic, "order-1"))));
                }
                return results;
            }));
        }
        List<SendResult> results = new ArrayList<>();
        for (Future<List<SendResult>> one : all) {
            results.addAll(one.get());
        }

        assertThat(results).filteredOn(SendResult.Accepted.class::isInstance).hasSize(1);
        String winner = lab.text("SELECT task_id FROM bq_task");
        assertThat(results)
                .filteredOn(result -> !(result instanceof SendResult.Accepted))
                .hasSize(999)
                .allSatisfy(result -> assertThat(result)
                        .isInstanceOfSatisfying(
                                SendResult.Duplicate.class,
                                duplicate -> assertThat(duplicate.firstTaskId()).hasValue(winner)));
    }

    @Test
    void ofBatchesWithTheSameIdsInAnyOrderEachIdIsAcceptedOnce() throws Exception {
        int ids = 50;
        List<Future<List<SendResult>>> all = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
            all.add(Lab.beside("race", () -> {
                List<SendResult> results = new ArrayList<>();
                for (int round = 0; round < 10; round++) {
                    String prefix = "round-" + round + "-";
                    List<Envelope> batch = new ArrayList<>(IntStream.range(0, ids)
                            .mapToObj(n -> Lab.once(topic, prefix + n))
                            .toList());
                    Collections.shuffle(batch);
                    results.addAll(Lab.sentUntilAnswered(driver, batch));
                }
                return results;
            }));
        }
        int accepted = 0;
        for (Future<List<SendResult>> one : all) {
            List<SendResult> results = one.get();
            assertThat(results).noneMatch(SendResult.Failed.class::isInstance);
            accepted += (int) results.stream()
                    .filter(SendResult.Accepted.class::isInstance)
                    .count();
        }

        assertThat(accepted).isEqualTo(10 * ids);
        assertThat(driver.stats(topic).ready()).hasValue(10L * ids);
    }

    /**
     * In transactions of the caller's nothing but the database ends a deadlock, and nothing repeats. Somebody has the id in
     * the middle until both batches have begun: if they took their ids in their own order, each would then have one that the
     * other needs.
     */
    @Test
    void transactionsWithTheSameIdsInOppositeOrderDoNotDeadlock() throws Exception {
        BackgroundQueue queue = lab.closeLater(BackgroundQueues.open(lab.url()));
        try (Connection middle = Raw.connection(lab.rawUrl())) {
            middle.setAutoCommit(false);
            assertThat(accepted(JdbcBackgroundQueue.within(queue, middle).enqueueAll(batch("m"))))
                    .isEqualTo(1);
            Future<Integer> one = Lab.beside("one", () -> inTransaction(queue, batch("a", "m", "z")));
            Future<Integer> other = Lab.beside("other", () -> inTransaction(queue, batch("z", "m", "a")));
            Lab.until(() -> blocked() == 2, "both transactions should wait");

            middle.rollback();

            assertThat(one.get() + other.get()).isEqualTo(3);
        }
    }

    private int inTransaction(BackgroundQueue queue, List<EnqueueRequest<Integer>> batch) throws Exception {
        boolean h2 = database == LabDatabase.H2;
        String url = h2 ? lab.rawUrl() : LabDatabase.Space.joined(lab.rawUrl(), "ApplicationName=" + topic);
        try (Connection connection = Raw.connection(url)) {
            if (h2) {
                // Whoever only waits for its turn may wait longer on a busy machine.
                Raw.run(connection, "SET LOCK_TIMEOUT 5000");
            }
            connection.setAutoCommit(false);
            int accepted =
                    accepted(JdbcBackgroundQueue.within(queue, connection).enqueueAll(batch));
            connection.commit();
            return accepted;
        }
    }

    /** How many connections wait for another's transaction. */
    private long blocked() throws Exception {
        return database == LabDatabase.H2
                ? lab.number("SELECT count(*) FROM INFORMATION_SCHEMA.SESSIONS WHERE EXECUTING_STATEMENT LIKE"
                        + " 'INSERT INTO%bq_dedup%' AND EXECUTING_STATEMENT_START <"
                        + " DATEADD(MILLISECOND, -200, CURRENT_TIMESTAMP)")
                : lab.number(
                        "SELECT count(*) FROM pg_stat_activity WHERE application_name = ? AND wait_event_type = 'Lock'",
                        topic);
    }

    private List<EnqueueRequest<Integer>> batch(String... ids) {
        return Arrays.stream(ids)
                .map(id -> new EnqueueRequest<>(topic, 1, EnqueueOptions.DEFAULT.deduplicationId(id)))
                .toList();
    }

    private static int accepted(List<EnqueueResult> results) {
        assertThat(results).noneMatch(EnqueueResult.Failed.class::isInstance);
        return (int)
                results.stream().filter(result -> !result.orThrow().duplicate()).count();
    }

    @Test
    void anIdTwiceInOneBatchIsADuplicateOfTheFirst() throws Exception {
        Envelope first = Lab.once(topic, "order-1");
        Envelope other = Lab.once(topic, "order-2");

        List<SendResult> results =
                driver.send(List.of(first, other, Lab.once(topic, "order-1"), Lab.task(topic)), Lab.TIMEOUT);

        assertThat(results)
                .containsExactly(
                        SendResult.ACCEPTED,
                        SendResult.ACCEPTED,
                        new SendResult.Duplicate(Optional.of(first.taskId())),
                        SendResult.ACCEPTED);
    }

    @Test
    void aBatchIsAcceptedInItsOrder() throws Exception {
        List<Envelope> batch = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            batch.add(i % 2 == 0 ? Lab.task(topic) : Lab.task(Lab.newTopic("other")));
        }
        Lab.sent(driver, batch);

        assertThat(Lab.ids(Lab.next(lab.receiver(driver, topic), 10)))
                .isEqualTo(Lab.taskIds(batch.stream()
                        .filter(task -> task.topic().equals(topic))
                        .toList()));
    }

    @Test
    void tasksThatSeveralSendAtOnceAreAllStored() throws Exception {
        List<Future<List<Envelope>>> all = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
            all.add(Lab.beside("race", () -> Lab.sent(driver, Lab.tasks(topic, 2_500))));
        }
        Set<String> ids = new HashSet<>();
        for (Future<List<Envelope>> one : all) {
            ids.addAll(Lab.taskIds(one.get()));
        }

        assertThat(new HashSet<>(lab.column("SELECT task_id FROM bq_task"))).isEqualTo(ids);
    }
}
