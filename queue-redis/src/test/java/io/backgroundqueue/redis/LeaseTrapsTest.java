package io.backgroundqueue.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.DeadReason;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Duty;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Traps R1 to R4: workers that die, hang and come back, and tasks that nobody's lease would end. */
class LeaseTrapsTest {
    private static final Duration SHORT = Duration.ofMillis(500);

    private Lab lab;
    private RedisDriver driver;
    private String topic;
    private String own;
    private String lease;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.shared();
        driver = lab.driver();
        topic = Lab.newTopic("lease");
        own = "{bq}:" + topic + ":own";
        lease = "{bq}:" + topic + ":lease";
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void aTaskWhoseWorkerDiedComesAgainWithOneStartMore() throws Exception {
        Envelope task = Lab.sent(driver, Lab.task(topic));
        Lab.next(lab.receiver(lab.driver(), topic, SHORT));

        Delivery.Task again = Lab.next(lab.receiver(driver, topic, SHORT));

        assertThat(again.envelope().taskId()).isEqualTo(task.taskId());
        assertThat(again.starts().count()).isEqualTo(1);
    }

    @Test
    void aLeaseThatIsRenewedLetsNobodyElseStart() throws Exception {
        Lab.sent(driver, Lab.task(topic));
        RedisReceiver holder = lab.receiver(driver, topic, SHORT);
        List<Delivery> held = List.of(Lab.next(holder));
        RedisReceiver other = lab.receiver(lab.driver(), topic, SHORT);

        Lab.PATIENCE.within(SHORT.multipliedBy(3), () -> {
            assertThat(holder.extend(held)).isEmpty();
            assertThat(other.receive(1, Duration.ofMillis(20))).isEmpty();
            return false;
        });
        assertThat(holder.settle(List.of(new Settlement.Ack(held.get(0))))).containsExactly(Outcome.DONE);
    }

    @Test
    void aWorkerThatComesBackAfterItsLeaseSettlesNothing() throws Exception {
        Lab.sent(driver, Lab.task(topic));
        RedisReceiver frozen = lab.receiver(driver, topic, SHORT);
        Delivery first = Lab.next(frozen);
        RedisReceiver other = lab.receiver(lab.driver(), topic, SHORT);
        Delivery second = Lab.next(other);

        assertThat(frozen.settle(List.of(new Settlement.Ack(first)))).containsExactly(Outcome.STALE);
        assertThat(frozen.extend(List.of(first))).containsExactly(first);
        assertThat(other.settle(List.of(new Settlement.Ack(second)))).containsExactly(Outcome.DONE);
    }

    @Test
    void aTaskThatIsHeldWithoutALeaseIsFoundByTheSweep() throws Exception {
        Envelope task = Lab.sent(driver, Lab.task(topic));
        RedisReceiver dead = lab.receiver(lab.driver(), topic, SHORT);
        Lab.next(dead);
        assertThat(lab.rawNumber("ZREM", lease, task.taskId())).isEqualTo(1);
        RedisReceiver receiver = lab.receiver(driver, topic);
        assertThat(Lab.now(receiver, 1)).isEmpty();

        sweep(driver);
        receiver.lookUp(false);

        Delivery.Task found = Lab.next(receiver);
        assertThat(found.envelope().taskId()).isEqualTo(task.taskId());
        assertThat(found.starts().count()).isEqualTo(1);
    }

    @Test
    void theSweepLeavesWhatIsHeldRightly() throws Exception {
        Lab.sent(driver, Lab.tasks(topic, 300));
        RedisReceiver receiver = lab.receiver(driver, topic);
        assertThat(Lab.now(receiver, 300)).hasSize(300);

        sweep(driver);
        sweep(driver);

        assertThat(lab.rawNumber("HLEN", own)).isEqualTo(300);
        assertThat(driver.stats(topic).ready()).hasValue(0);
    }

    @Test
    void aTopicWithMuchToForgetKeepsTheSweepFromNoOther() throws Exception {
        RedisDriver forgetful = lab.driver(lab.broker().url() + "?deadLetterRetention=1ms");
        Lab.sent(forgetful, Lab.tasks(topic, 500));
        RedisReceiver receiver = lab.receiver(forgetful, topic);
        receiver.settle(Lab.now(receiver, 500).stream()
                .<Settlement>map(one -> new Settlement.Dead(one, Progress.NONE, DeadReason.NON_RETRYABLE))
                .toList());
        String idle = Lab.newTopic("idle");
        lab.receiver(forgetful, idle);
        SweepDuty sweep = (SweepDuty) forgetful.duties().get(1);
        assertThat(sweep.turn()).isLessThan(Duration.ofSeconds(1));
        lab.raw("SET", "{bq}:" + idle + ":own", "would fail if it were looked at again");

        assertThat(sweep.turn()).isLessThan(Duration.ofSeconds(1));
        assertThat(sweep.turn()).isGreaterThan(Duration.ofSeconds(1));

        assertThat(forgetful.stats(topic).dead()).hasValue(0);
        lab.raw("DEL", "{bq}:" + idle + ":own");
    }

    @Test
    void renewingPutsALostLeaseBack() throws Exception {
        Envelope task = Lab.sent(driver, Lab.task(topic));
        RedisReceiver receiver = lab.receiver(driver, topic);
        Delivery held = Lab.next(receiver);
        lab.raw("ZREM", lease, task.taskId());

        assertThat(receiver.extend(List.of(held))).isEmpty();

        assertThat(lab.rawNumber("ZCARD", lease)).isEqualTo(1);
    }

    @Test
    void nothingIsLeftOfATaskThatIsDone() throws Exception {
        Lab.sent(driver, Lab.task(topic));
        RedisReceiver receiver = lab.receiver(driver, topic);
        receiver.settle(List.of(new Settlement.Ack(Lab.next(receiver))));

        assertThat(lab.rawNumber(
                        "EXISTS",
                        own,
                        lease,
                        "{bq}:" + topic + ":body",
                        "{bq}:" + topic + ":prog",
                        "{bq}:" + topic + ":starts",
                        "{bq}:" + topic + ":r0"))
                .isZero();
    }

    private static void sweep(RedisDriver driver) throws Exception {
        for (Duty duty : driver.duties()) {
            if (duty instanceof SweepDuty sweep) {
                assertThat(sweep.turn()).isPositive();
            }
        }
    }
}
