package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Trap P2: what waits does not slow down what runs. */
class BacklogTest {
    private static final int BACKLOG = 200_000;
    private static final int LOOKS = 301;
    private static final int ROUNDS = 20;

    private Lab lab;
    private QueueDriver driver;

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void twoHundredThousandDelayedTasksOfHighPriorityCostAClaimNothing() throws Exception {
        own();
        String topic = Lab.newTopic("delayed");
        Receiver receiver = lab.receiver(driver, topic);
        double without = pagesOfAClaim(topic, receiver);
        fillDelayed("generate_series", topic);
        assertThat(driver.stats(topic).delayed()).hasValue(BACKLOG);

        double with = pagesOfAClaim(topic, receiver);

        System.out.printf("pages of a claim of 1: %.0f, with %d delayed tasks: %.0f%n", without, BACKLOG, with);
        assertThat(with).isLessThan(without + 20);
        assertNotSlower(Lab.newTopic("none"), topic);
    }

    @Test
    void twoHundredThousandReadyTasksCostAClaimNothing() throws Exception {
        own();
        String topic = Lab.newTopic("ready");
        fillReady("generate_series", topic);
        assertThat(driver.stats(topic).ready()).hasValue(BACKLOG);

        assertNotSlower(Lab.newTopic("none"), topic);
    }

    @Test
    void twoHundredThousandTasksOfAnotherTopicCostAClaimNothingOnH2() throws Exception {
        lab = Lab.on(LabDatabase.H2);
        driver = lab.driver();
        String topic = Lab.newTopic("full");
        fillDelayed("SYSTEM_RANGE", topic);

        assertNotSlower(Lab.newTopic("none"), topic);
    }

    @Test
    void aClaimOfLargeTasksIsBoundedByBytes() throws Exception {
        lab = Lab.on(LabDatabase.POSTGRESQL);
        driver = lab.driver();
        String topic = Lab.newTopic("large");
        Bytes mebibyte = Bytes.wrap(new byte[1 << 20]);
        for (int i = 0; i < 40; i++) {
            Lab.sent(driver, Lab.task(topic, Start.now(), mebibyte));
        }
        Receiver receiver = lab.receiver(driver, topic);

        List<Integer> sizes = new ArrayList<>();
        for (List<Delivery> found = Lab.now(receiver, 100); !found.isEmpty(); found = Lab.now(receiver, 100)) {
            sizes.add(found.size());
        }

        assertThat(sizes.stream().mapToInt(size -> size).sum()).isEqualTo(40);
        assertThat(sizes).allSatisfy(size -> assertThat(size).isBetween(1, 16));
    }

    private void own() throws Exception {
        lab = Lab.own(Blocks.COUNTING);
        Blocks.install(lab);
        driver = lab.driver();
    }

    private double pagesOfAClaim(String topic, Receiver receiver) throws Exception {
        Blocks before = Blocks.ofClaims(lab);
        for (int i = 0; i < ROUNDS; i++) {
            Lab.sent(driver, Lab.task(topic));
            assertThat(receiver.settle(Lab.acks(Lab.next(receiver, 1)))).hasSize(1);
        }
        return Blocks.ofClaims(lab).since(before).perCall();
    }

    private void fillReady(String series, String topic) throws Exception {
        fill(series, topic, "0, CURRENT_TIMESTAMP, 0");
    }

    private void fillDelayed(String series, String topic) throws Exception {
        fill(series, topic, "2, CURRENT_TIMESTAMP + INTERVAL '1' DAY, 9");
    }

    /** In one statement of this database, as a foreign producer could. */
    private void fill(String series, String topic, String stateDuePriority) throws Exception {
        lab.update(
                "INSERT INTO bq_task (task_id, topic, payload, state, due, priority) SELECT 'task-' || n.n, ?, ?, "
                        + stateDuePriority + " FROM " + series + "(1, " + BACKLOG + ") AS n(n)",
                topic,
                "{\"n\":1}".getBytes(StandardCharsets.UTF_8));
    }

    /** The median of many, of both in turns, so that a busy machine is busy for both. */
    private void assertNotSlower(String empty, String full) throws Exception {
        Receiver few = lab.receiver(driver, empty);
        Receiver many = lab.receiver(driver, full);
        long[] without = new long[LOOKS];
        long[] with = new long[LOOKS];
        for (int i = 0; i < LOOKS; i++) {
            without[i] = nanosOfOneTask(empty, few);
            with[i] = nanosOfOneTask(full, many);
        }
        Arrays.sort(without);
        Arrays.sort(with);
        System.out.printf(
                "median of a claim and an ack: %d µs, with a backlog %d µs%n",
                without[LOOKS / 2] / 1_000, with[LOOKS / 2] / 1_000);
        assertThat(with[LOOKS / 2])
                .as("median of a claim and an ack with a backlog, against %d ns without", without[LOOKS / 2])
                .isLessThan(without[LOOKS / 2] * 2);
    }

    private long nanosOfOneTask(String topic, Receiver receiver) throws Exception {
        Lab.sent(driver, Lab.task(topic));
        return Timed.of(() -> receiver.settle(Lab.acks(Lab.next(receiver, 1)))).toNanos();
    }
}
