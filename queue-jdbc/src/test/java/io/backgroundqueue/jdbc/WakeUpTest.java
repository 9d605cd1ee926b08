package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Trap P13, and what waiting costs. */
class WakeUpTest {
    private static final Duration LONG = Duration.ofSeconds(5);

    /** The slowest pace of the looks: what nobody tells of is found within it, and after half of it in the middle. */
    private static final Duration POLL = Duration.ofMillis(500);

    private static final int ROUNDS = 11;

    private Lab lab;
    private String topic;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.on(LabDatabase.POSTGRESQL);
        topic = Lab.newTopic("wake");
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void aTaskOfTheSameProcessIsFoundAtOnce() throws Exception {
        QueueDriver driver = lab.driver(lab.with("listen=false"));

        long median = medianMillis(driver, driver, Duration.ofMillis(300));

        System.out.println("median until a task of the same process came, after idle time: " + median + " ms");
        assertThat(median).isLessThan(100);
    }

    @Test
    void aTaskOfAnotherProcessIsFoundByItsNotification() throws Exception {
        QueueDriver sender = lab.driver();
        QueueDriver worker = lab.driver();

        long median = medianMillis(sender, worker, Duration.ofMillis(700));

        System.out.println("median until a notified task came, after idle time: " + median + " ms");
        assertThat(median).isLessThan(100);
    }

    @Test
    void withoutListeningATaskIsFoundByTheNextLook() throws Exception {
        QueueDriver sender = lab.driver(lab.with("listen=false"));
        QueueDriver worker = lab.driver(lab.with("listen=false"));

        long median = medianMillis(sender, worker, Duration.ofMillis(700));

        System.out.println("median until a task was found by looking, after idle time: " + median + " ms");
        assertThat(median).isLessThan(POLL.toMillis());
    }

    @Test
    void aListenerWhoseConnectionWasKilledListensAgain() throws Exception {
        QueueDriver sender = lab.closeLater(Lab.opened(lab.url()));
        Receiver receiver = lab.receiver(lab.driver(), topic);
        awaitListeners(1);

        lab.column("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                + " AND pid <> pg_backend_pid() AND query ILIKE 'LISTEN%'");
        Future<List<Delivery>> waiting = waiting(receiver);
        Lab.sent(sender, Lab.task(topic));

        assertThat(answer(waiting, LONG)).hasSize(1);
        awaitListeners(1);
    }

    @Test
    void aTaskThatNobodyTellsOfIsFoundByTheNextLook() throws Exception {
        Receiver receiver = lab.receiver(lab.driver(), topic);
        awaitListeners(1);
        try (Connection silent = Raw.connection(lab.rawUrl())) {
            long median = medianMillis(
                    () -> Raw.update(
                            silent,
                            "INSERT INTO bq_task (topic, task_id, payload) VALUES (?, md5(random()::text), ?)",
                            topic,
                            new byte[1]),
                    receiver,
                    Duration.ofSeconds(1));

            System.out.println("median until a task was found that nobody told of: " + median + " ms");
            assertThat(median).isLessThan(POLL.toMillis());
        }
    }

    @Test
    void aDelayedTaskIsFoundSoonAfterItIsDue() throws Exception {
        QueueDriver driver = lab.driver();
        Receiver receiver = lab.receiver(driver, topic);
        long[] late = new long[11];
        for (int i = 0; i < late.length; i++) {
            Future<List<Delivery>> waiting = waiting(receiver);
            Duration delay = Duration.ofMillis(300 + 17L * i);
            long before = System.nanoTime();
            Lab.sent(driver, Lab.task(topic, Start.after(delay), Bytes.utf8("1")));
            List<Delivery> found = answer(waiting, LONG);
            late[i] = Duration.ofNanos(System.nanoTime() - before).minus(delay).toMillis();
            assertThat(receiver.settle(Lab.acks(found))).hasSize(1);
        }
        Arrays.sort(late);

        System.out.println("a delayed task came late by, sorted: " + Arrays.toString(late) + " ms");
        assertThat(late[0]).isNotNegative();
        assertThat(late[late.length / 2]).isLessThan(200);
    }

    @Test
    void aHundredIdleTopicsCostTheServerAFewStatementsASecond() throws Exception {
        lab.close();
        lab = Lab.own(Blocks.COUNTING);
        Blocks.install(lab);
        QueueDriver driver = lab.driver();
        List<Receiver> receivers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            receivers.add(lab.receiver(driver, "idle-" + i));
        }
        awaitNothing(receivers);
        long before = statements();
        long begun = System.nanoTime();
        awaitNothing(receivers);

        double perSecond = (statements() - before)
                / (Duration.ofNanos(System.nanoTime() - begun).toMillis() / 1e3);

        System.out.printf("statements a second with 100 idle topics: %.1f%n", perSecond);
        assertThat(perSecond).isLessThan(10);
    }

    /** All of them wait beside each other, until their time is over. */
    private static void awaitNothing(List<Receiver> receivers) throws Exception {
        List<Future<List<Delivery>>> all =
                receivers.stream().map(WakeUpTest::waiting).toList();
        for (Future<List<Delivery>> one : all) {
            assertThat(answer(one, Duration.ofSeconds(30))).isEmpty();
        }
    }

    /** Without what the driver of each new connection says first: only this test makes new ones. */
    private long statements() throws Exception {
        return Blocks.calls(lab, "query NOT LIKE 'SET application_name%'");
    }

    private long medianMillis(QueueDriver sender, QueueDriver worker, Duration idle) throws Exception {
        Receiver receiver = lab.receiver(worker, topic);
        assertThat(Lab.now(receiver, 1)).isEmpty();
        return medianMillis(() -> Lab.sent(sender, Lab.task(topic)), receiver, idle);
    }

    /** How long it takes until a task comes that is stored after so much idle time, which is what the looks slow down in. */
    private static long medianMillis(Timed.Work storing, Receiver receiver, Duration idle) throws Exception {
        long[] millis = new long[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            Future<List<Delivery>> waiting = waiting(receiver);
            // Stored at all distances from the next look.
            Duration moved = idle.plus(POLL.multipliedBy(i).dividedBy(ROUNDS));
            assertThat(Lab.PATIENCE.within(moved, waiting::isDone)).isFalse();
            long before = System.nanoTime();
            storing.run();
            List<Delivery> found = answer(waiting, LONG);
            millis[i] = Duration.ofNanos(System.nanoTime() - before).toMillis();
            assertThat(found).hasSize(1);
            receiver.settle(Lab.acks(found));
        }
        Arrays.sort(millis);
        return millis[ROUNDS / 2];
    }

    private void awaitListeners(int count) throws Exception {
        Lab.until(
                () -> lab.number("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                + " AND pid <> pg_backend_pid() AND query ILIKE 'LISTEN%'")
                        >= count,
                count + " drivers should listen");
    }

    /** A receive that waits long, on a thread of its own. */
    private static Future<List<Delivery>> waiting(Receiver receiver) {
        return Lab.beside("receive", () -> receiver.receive(1, LONG));
    }

    private static List<Delivery> answer(Future<List<Delivery>> waiting, Duration within) throws Exception {
        return waiting.get(within.toMillis() + 5_000, TimeUnit.MILLISECONDS);
    }
}
