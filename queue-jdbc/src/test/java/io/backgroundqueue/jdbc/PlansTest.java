package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Start;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Duty;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.Settlement;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Trap P6: plans that were made by statistics of empty tables, when only a few tasks were on their way, are still good when
 * the tables are full and the statistics old. Not in it: what cleans up every ten seconds.
 */
class PlansTest {
    private static final int BATCH = 100;
    private static final int BACKLOG = 100_000;

    /** The client prepares a statement after five calls, and the server keeps a plan after five more. */
    private static final int UNTIL_PLANNED = 15;

    private static final int ROUNDS = 10;

    /** What runs all the time, by words that no other statement has. */
    private static final List<String> HOT = List.of(
            "INSERT INTO \"lab\".bq_task",
            "INSERT INTO \"lab\".bq_dedup",
            "bq_dedup d",
            "low AS (SELECT",
            "low AS MATERIALIZED (",
            "RETURNING lease",
            "verdicts = u.verdicts",
            "INSERT INTO \"lab\".bq_dead",
            "starts = t.starts -",
            "array_agg(place)",
            "min(expires_at)",
            "SELECT DISTINCT topic",
            "AND owner = $1");

    private final String topic = Lab.newTopic("plan");
    private Lab lab;
    private QueueDriver driver;
    private Receiver receiver;
    private Duty look;
    private WatchedSource source;
    private Reaper reaper;
    private int ids;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.own("autovacuum=off", Blocks.COUNTING);
        Blocks.install(lab);
        driver = lab.closeLater(Lab.opened(lab.with("listen=false&poolSize=2")));
        receiver = lab.receiver(driver, topic);
        assertThat(Lab.now(lab.receiver(driver, Lab.newTopic("idle")), 1)).isEmpty();
        look = driver.duties().get(0);
        source = lab.closeLater(new WatchedSource(lab.rawUrl(), true, Connection.TRANSACTION_READ_COMMITTED));
        reaper = new Reaper(
                new Database(source, () -> {}, Time.system()),
                Dialect.names(Dialect.POSTGRESQL, "lab", "bq_"),
                Optional.of(Duration.ofDays(1)));
        Raw.run(lab.rawUrl(), "ANALYZE");
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void whatRunsAllTheTimeReadsNoMorePagesOfFullTablesThanItsRowsNeed() throws Exception {
        costOf(UNTIL_PLANNED);
        Map<String, Blocks> empty = costOf(ROUNDS);
        fill();
        Map<String, Blocks> full = costOf(ROUNDS);

        full.keySet().removeIf(query -> HOT.stream().noneMatch(query::contains));
        new TreeMap<>(full)
                .forEach((query, cost) -> System.out.printf(
                        "%5.0f pages of %5.0f: %.110s%n", cost.perCall(), allowed(query, empty), query));
        assertThat(HOT).allSatisfy(words -> assertThat(full.keySet()).anyMatch(query -> query.contains(words)));
        assertThat(full)
                .allSatisfy((query, cost) -> assertThat(cost.perCall())
                        .as("pages that were read for each call")
                        .isLessThan(allowed(query, empty)));
    }

    /** Indexes are deeper where the tables are full; what had no reason to run before has a bound for all. */
    private static double allowed(String query, Map<String, Blocks> empty) {
        return empty.containsKey(query) ? 2 * empty.get(query).perCall() + 100 : 20 * BATCH;
    }

    private Map<String, Blocks> costOf(int rounds) throws Exception {
        Map<String, Blocks> before = Blocks.ofEach(lab);
        for (int i = 0; i < rounds; i++) {
            round();
        }
        return Blocks.between(before, Blocks.ofEach(lab));
    }

    private void round() throws Exception {
        send();
        settleInEveryWay(Lab.now(receiver, BATCH));
        for (int i = 0; i < 3; i++) {
            assertThat(receiver.settle(Lab.acks(Lab.now(receiver, 1)))).hasSize(1);
        }
        look.wake();
        assertThat(look.turn()).isZero();
        dieWithTasks();
        assertThat(reaper.reap(deadline())).containsExactly(topic);
    }

    /** Half of them with an id, one of which was there before. */
    private void send() throws Exception {
        List<Envelope> batch = new ArrayList<>(Lab.tasks(topic, BATCH / 2));
        batch.add(Lab.once(topic, "the first"));
        while (batch.size() < BATCH) {
            batch.add(Lab.once(topic, "id-" + ids++));
        }
        assertThat(driver.send(batch, Lab.TIMEOUT)).hasSize(BATCH);
    }

    private void settleInEveryWay(List<Delivery> found) throws Exception {
        assertThat(found).hasSizeGreaterThan(BATCH / 2);
        assertThat(receiver.extend(found)).isEmpty();
        List<Settlement> settlements = new ArrayList<>();
        for (int i = 0; i < found.size(); i++) {
            Delivery one = found.get(i);
            settlements.add(
                    switch (i % 4) {
                        case 0 -> new Settlement.Ack(one);
                        case 1 ->
                            new Settlement.Later((Delivery.Task) one, Progress.NONE, Start.after(Duration.ofMillis(1)));
                        case 2 -> new Settlement.Dead(one, Progress.NONE, DeadReason.NON_RETRYABLE);
                        default -> new Settlement.Release(one);
                    });
        }
        assertThat(receiver.settle(settlements)).hasSize(found.size());
    }

    /** A worker whose lease is over. */
    private void dieWithTasks() throws Exception {
        ReceiverOptions options = Lab.options(Duration.ofMinutes(5));
        try (Receiver dying = driver.receiver(topic, options)) {
            assertThat(Lab.now(dying, 3)).hasSize(3);
            lab.update("UPDATE bq_worker SET expires_at = now() - interval '1 s' WHERE name = ?", options.workerId());
        }
    }

    /** Whatever a table can be full of, of which nothing is over; the statistics still say that there is nothing. */
    private void fill() throws Exception {
        String series = " FROM generate_series(1, " + BACKLOG + ") AS n";
        Raw.run(
                lab.rawUrl(),
                "INSERT INTO bq_worker (name, expires_at) SELECT 'live-' || n, now() + interval '1 h'"
                        + " FROM generate_series(1, 1000) AS n");
        for (String stateDueOwner : List.of(
                "0, now(), NULL",
                "2, now() + interval '1 d', NULL",
                "1, now(), (SELECT max(id) - n % 1000 FROM bq_worker)")) {
            lab.update(
                    "INSERT INTO bq_task (task_id, topic, payload, lease, state, due, owner)"
                            + " SELECT gen_random_uuid(), ?, '1', n, " + stateDueOwner + series,
                    topic);
        }
        lab.update(
                "INSERT INTO bq_dedup (topic, dedup_id, task_id, expires_at)"
                        + " SELECT ?, 'old-' || n, 'task', now() + interval '1 h'" + series,
                topic);
        lab.update(
                "INSERT INTO bq_dead (topic, task_id, reason, priority, version, verdicts, failures, interruptions,"
                        + " replayed, payload) SELECT ?, 'task-' || n, 'FAILED', 0, 1, 0, 0, 0, false, '1'" + series,
                topic);
    }

    private static long deadline() {
        return Time.system().deadline(Lab.TIMEOUT);
    }
}
