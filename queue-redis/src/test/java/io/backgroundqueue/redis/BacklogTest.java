package io.backgroundqueue.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Trap R10, and the reply of a gigabyte: what waits does not slow down or burst what runs. */
class BacklogTest {
    private static final int BACKLOG = 200_000;
    private static final int LOOKS = 301;

    private Lab lab;
    private RedisDriver driver;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.own("--appendonly", "no");
        driver = lab.driver();
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void twoHundredThousandDelayedTasksDoNotSlowAClaim() throws Exception {
        String empty = Lab.newTopic("none");
        String full = Lab.newTopic("delayed");
        Start later = Start.after(Duration.ofDays(1));
        fill(full, later);
        assertThat(driver.stats(full).delayed()).hasValue(BACKLOG);

        assertNotSlower(empty, full);
    }

    @Test
    void twoHundredThousandReadyTasksDoNotSlowAClaim() throws Exception {
        String empty = Lab.newTopic("none");
        String full = Lab.newTopic("ready");
        fill(full, Start.now());
        assertThat(driver.stats(full).ready()).hasValue(BACKLOG);

        assertNotSlower(empty, full);
    }

    @Test
    void aClaimOfLargeTasksIsBoundedByBytes() throws Exception {
        String topic = Lab.newTopic("large");
        Bytes mebibyte = Bytes.wrap(new byte[1 << 20]);
        IntStream.range(0, 40).forEach(i -> Lab.sent(driver, Lab.task(topic, Start.now(), mebibyte)));
        RedisReceiver receiver = lab.receiver(driver, topic);

        List<Integer> sizes = new ArrayList<>();
        for (List<Delivery> found = Lab.now(receiver, 100); !found.isEmpty(); found = Lab.now(receiver, 100)) {
            sizes.add(found.size());
        }

        assertThat(sizes).containsExactly(15, 15, 10);
    }

    @Test
    void thousandsOfCancelledTasksAreSteppedOverInBoundedClaims() throws Exception {
        String topic = Lab.newTopic("cancelled");
        List<Envelope> tasks = Lab.sent(driver, Lab.tasks(topic, 3_000));
        tasks.forEach(task -> assertThat(driver.cancel(topic, task.taskId())).isTrue());
        assertThat(driver.stats(topic).ready()).hasValue(0);
        Envelope last = Lab.sent(driver, Lab.task(topic));

        Delivery.Task found = Lab.next(lab.receiver(driver, topic));

        assertThat(found.envelope().taskId()).isEqualTo(last.taskId());
        assertThat(lab.rawNumber("EXISTS", "{bq}:" + topic + ":gone")).isZero();
    }

    private void fill(String topic, Start start) {
        Bytes payload = Bytes.utf8("{\"n\":1}");
        for (int i = 0; i < BACKLOG / 1_000; i++) {
            Lab.sent(
                    driver,
                    IntStream.range(0, 1_000)
                            .mapToObj(n -> Lab.task(topic, start, payload))
                            .toList());
        }
    }

    /** The median of many, of both in turns, so that a busy machine is busy for both. */
    private void assertNotSlower(String empty, String full) throws Exception {
        RedisReceiver few = lab.receiver(driver, empty);
        RedisReceiver many = lab.receiver(driver, full);
        long[] without = new long[LOOKS];
        long[] with = new long[LOOKS];
        for (int i = 0; i < LOOKS; i++) {
            without[i] = nanosOfOneTask(empty, few);
            with[i] = nanosOfOneTask(full, many);
        }
        Arrays.sort(without);
        Arrays.sort(with);
        assertThat(with[LOOKS / 2])
                .as("median of a claim and an ack with a backlog, against %d ns without", without[LOOKS / 2])
                .isLessThan(without[LOOKS / 2] * 2);
    }

    private long nanosOfOneTask(String topic, RedisReceiver receiver) throws Exception {
        Lab.sent(driver, Lab.task(topic));
        receiver.lookUp(false);
        long before = System.nanoTime();
        List<Delivery> found = Lab.now(receiver, 1);
        receiver.settle(List.of(new Settlement.Ack(found.get(0))));
        return System.nanoTime() - before;
    }
}
