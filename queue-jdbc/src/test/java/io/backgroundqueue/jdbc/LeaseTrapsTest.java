package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Traps P3, P9 and P11: workers that die, hang and come back, and clocks that are wrong. */
@ParameterizedClass
@EnumSource(LabDatabase.class)
class LeaseTrapsTest {
    private static final Duration SHORT = Duration.ofSeconds(1);

    @Parameter
    LabDatabase database;

    private Lab lab;
    private QueueDriver driver;
    private String topic;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.on(database);
        driver = lab.driver();
        topic = Lab.newTopic("lease");
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void aTaskWhoseWorkerDiedComesAgainWithOneStartMore() throws Exception {
        Envelope task = Lab.sent(driver, Lab.task(topic));
        Lab.next(lab.receiver(lab.driver(), topic, SHORT));

        Delivery.Task again = Lab.next(lab.receiver(driver, topic));

        assertThat(again.envelope().taskId()).isEqualTo(task.taskId());
        assertThat(again.starts().count()).isEqualTo(1);
    }

    @Test
    void theTasksOfADeadWorkerGoBackToTheirPlaces() throws Exception {
        List<Envelope> tasks = Lab.sent(driver, Lab.tasks(topic, 4));
        Lab.next(lab.receiver(lab.driver(), topic, SHORT), 3);
        Lab.until(() -> driver.stats(topic).ready().orElse(0) == 4, "the dead worker's tasks should be ready again");

        assertThat(Lab.ids(Lab.next(lab.receiver(driver, topic), 4))).isEqualTo(Lab.taskIds(tasks));
    }

    @Test
    void aLeaseThatIsRenewedLetsNobodyElseStart() throws Exception {
        Lab.sent(driver, Lab.task(topic));
        Receiver holder = lab.receiver(driver, topic, SHORT);
        List<Delivery> held = List.of(Lab.next(holder));
        Receiver other = lab.receiver(lab.driver(), topic, SHORT);

        Lab.PATIENCE.within(SHORT.multipliedBy(3), () -> {
            assertThat(holder.extend(held)).isEmpty();
            assertThat(other.receive(1, Duration.ofMillis(20))).isEmpty();
            return false;
        });
        assertThat(holder.settle(Lab.acks(held))).containsExactly(Outcome.DONE);
    }

    @Test
    void aWorkerThatComesBackAfterItsLeaseSettlesNothing() throws Exception {
        Lab.sent(driver, Lab.tasks(topic, 4));
        Receiver frozen = lab.receiver(driver, topic, SHORT);
        List<Delivery> first = Lab.next(frozen, 4);
        Receiver other = lab.receiver(lab.driver(), topic);
        List<Delivery> second = Lab.next(other, 4);

        assertThat(frozen.settle(List.of(
                        new Settlement.Ack(first.get(0)),
                        new Settlement.Later((Delivery.Task) first.get(1), Progress.NONE, Start.now()),
                        new Settlement.Dead(first.get(2), Progress.NONE, DeadReason.NON_RETRYABLE),
                        new Settlement.Release(first.get(3)))))
                .containsOnly(Outcome.STALE);
        assertThat(frozen.extend(first)).containsExactlyInAnyOrderElementsOf(first);
        assertThat(driver.stats(topic).dead()).hasValue(0);
        assertThat(other.settle(Lab.acks(second))).containsOnly(Outcome.DONE);
    }

    @Test
    void aWorkerThatLostEverythingGoesOnUnderANewLease() throws Exception {
        Lab.sent(driver, Lab.task(topic));
        Receiver frozen = lab.receiver(driver, topic, SHORT);
        Delivery lost = Lab.next(frozen);
        Receiver other = lab.receiver(lab.driver(), topic);
        other.settle(Lab.acks(Lab.next(other, 1)));
        assertThat(frozen.extend(List.of(lost))).containsExactly(lost);

        Lab.sent(driver, Lab.task(topic));
        Delivery found = Lab.next(frozen);

        assertThat(frozen.extend(List.of(found))).isEmpty();
        assertThat(frozen.settle(Lab.acks(List.of(lost, found)))).containsExactly(Outcome.STALE, Outcome.DONE);
    }

    @Test
    void aWorkerThatIsReapedBeforeItClaimsStillFindsWork() throws Exception {
        Receiver idle = lab.receiver(driver, topic);
        assertThat(Lab.now(idle, 1)).isEmpty();
        lab.update("DELETE FROM bq_worker");

        Envelope task = Lab.sent(driver, Lab.task(topic));
        Lab.PATIENCE.eventually(
                () -> {
                    idle.extend(List.of());
                    return idle.receive(1, Duration.ofMillis(50)).size() == 1;
                },
                () -> "the task should come to a receiver without a row: " + task.taskId());
    }

    @Test
    void theClocksOfTheMachinesDoNotMatter() throws Exception {
        QueueDriver fast = lab.turning(lab.closeLater(opened(Duration.ofHours(1))));
        QueueDriver slow = lab.turning(lab.closeLater(opened(Duration.ofHours(-1))));
        Instant before = Instant.now();
        Lab.sent(fast, Lab.task(topic, Start.after(Duration.ofMillis(500)), Bytes.utf8("1")));
        Lab.sent(slow, Lab.task(topic, Start.after(Duration.ofMillis(500)), Bytes.utf8("2")));
        Receiver holder = lab.receiver(slow, topic, SHORT);
        Receiver other = lab.receiver(fast, topic, SHORT);

        List<Delivery> held = Lab.next(holder, 2);

        assertThat(Instant.now()).isAfterOrEqualTo(before.plusMillis(500));
        assertThat(Instant.now()).isBefore(before.plusSeconds(60));
        Lab.PATIENCE.within(SHORT.multipliedBy(2), () -> {
            assertThat(holder.extend(held)).isEmpty();
            assertThat(other.receive(1, Duration.ofMillis(20))).isEmpty();
            return false;
        });
        assertThat(holder.settle(Lab.acks(held))).containsOnly(Outcome.DONE);
    }

    @Test
    void nothingIsLeftOfATaskThatIsDone() throws Exception {
        Lab.sent(driver, Lab.tasks(topic, 3));
        Receiver receiver = lab.receiver(driver, topic);
        receiver.settle(Lab.acks(Lab.next(receiver, 3)));

        assertThat(lab.number("SELECT count(*) FROM bq_task")).isZero();
        assertThat(lab.number("SELECT count(*) FROM bq_dead")).isZero();
    }

    @Test
    void nothingIsLeftOfAReceiverThatWasClosed() throws Exception {
        Receiver receiver = driver.receiver(topic, Lab.options(Duration.ofSeconds(30)));
        assertThat(Lab.now(receiver, 1)).isEmpty();

        receiver.close();

        assertThat(lab.number("SELECT count(*) FROM bq_worker")).isZero();
    }

    private QueueDriver opened(Duration wrong) throws Exception {
        return Lab.opened(
                lab.url(), QueueOptions.builder().time(new SkewedTime(wrong)).build());
    }
}
