package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.PriorStarts;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Settlement;
import io.backgroundqueue.testkit.FaultProxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Trap P4, and what else happens to answers on their way. */
class LostAnswersTest {
    /** Words of a statement that was not sent before on its connection; later it goes by a name, and only its values tell. */
    private static final String VERDICT = "DELETE FROM";

    private Lab lab;
    private FaultProxy proxy;
    private QueueDriver driver;
    private QueueDriver direct;
    private String topic;

    @BeforeEach
    void connectThroughTheProxy() throws Exception {
        lab = Lab.on(LabDatabase.POSTGRESQL);
        proxy = lab.closeLater(Lab.proxy(lab.rawUrl()));
        direct = lab.driver();
        // Nobody turns its duties: what goes through the proxy is what the test says.
        driver = lab.closeLater(Lab.opened(Lab.through(proxy, lab.with("listen=false"))));
        topic = Lab.newTopic("lost");
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void anEnqueueWhoseAnswerWasLostIsStoredOnceWhenRepeated() throws Exception {
        Envelope task = Lab.task(topic);
        proxy.loseReplyTo(task.taskId());

        Exception lost = sendFailure(task);
        List<SendResult> repeated = driver.send(List.of(task), Lab.TIMEOUT);

        assertThat(driver.classify(lost)).isEqualTo(ErrorClass.OUTCOME_UNKNOWN);
        assertThat(repeated).containsExactly(SendResult.ACCEPTED);
        assertThat(direct.stats(topic).ready()).hasValue(1);
    }

    @Test
    void anEnqueueWithADeduplicationIdWhoseAnswerWasLostIsAcceptedWhenRepeated() throws Exception {
        Envelope task = Lab.once(topic, "order-1");
        proxy.loseReplyTo(task.taskId());

        Exception lost = sendFailure(task);
        List<SendResult> repeated = driver.send(List.of(task), Lab.TIMEOUT);

        assertThat(driver.classify(lost)).isEqualTo(ErrorClass.OUTCOME_UNKNOWN);
        assertThat(repeated).containsExactly(SendResult.ACCEPTED);
        assertThat(direct.stats(topic).ready()).hasValue(1);
        assertThat(driver.send(List.of(Lab.once(topic, "order-1")), Lab.TIMEOUT).get(0))
                .isInstanceOf(SendResult.Duplicate.class);
    }

    @Test
    void tasksWhoseClaimWasNotAnsweredComeWithTheNextClaimAndAreChargedNothing() throws Exception {
        List<Envelope> tasks = Lab.sent(driver, Lab.tasks(topic, 5));
        Receiver receiver = lab.receiver(driver, topic);
        proxy.loseReplyTo(topic);

        assertThatThrownBy(() -> Lab.now(receiver, 3)).isInstanceOf(Exception.class);
        List<Delivery> found = Lab.next(receiver, 5);

        assertThat(Lab.ids(found)).isEqualTo(Lab.taskIds(tasks));
        assertThat(found)
                .allSatisfy(delivery ->
                        assertThat(((Delivery.Task) delivery).starts()).isEqualTo(PriorStarts.ZERO));
        assertThat(receiver.settle(Lab.acks(found))).containsOnly(Outcome.DONE);
    }

    @Test
    void aClaimOfAPreparedStatementWhoseAnswerWasLostIsRecoveredToo() throws Exception {
        Receiver receiver = lab.receiver(driver, topic);
        for (int round = 0; round < 12; round++) {
            Lab.sent(driver, Lab.tasks(topic, 2));
            assertThat(receiver.settle(Lab.acks(Lab.next(receiver, 2)))).containsOnly(Outcome.DONE);
        }
        List<Envelope> tasks = Lab.sent(driver, Lab.tasks(topic, 3));
        proxy.loseReplyTo(topic);

        assertThatThrownBy(() -> Lab.now(receiver, 3)).isInstanceOf(Exception.class);

        assertThat(Lab.ids(Lab.next(receiver, 3))).isEqualTo(Lab.taskIds(tasks));
    }

    @Test
    void aReceiverThatClosesInDoubtLeavesItsTasksToOthersAtOnce() throws Exception {
        List<Envelope> tasks = Lab.sent(driver, Lab.tasks(topic, 3));
        Receiver receiver = driver.receiver(topic, Lab.options(Duration.ofMinutes(5)));
        proxy.loseReplyTo(topic);
        assertThatThrownBy(() -> Lab.now(receiver, 3)).isInstanceOf(Exception.class);

        receiver.close();

        List<Delivery> found = Lab.next(lab.receiver(direct, topic), 3);
        assertThat(Lab.ids(found)).isEqualTo(Lab.taskIds(tasks));
        assertThat(((Delivery.Task) found.get(0)).starts()).isEqualTo(PriorStarts.ZERO);
    }

    @Test
    void aVerdictWhoseAnswerWasLostIsStaleWhenRepeatedAndTheTaskIsGone() throws Exception {
        Lab.sent(driver, Lab.task(topic));
        Receiver receiver = lab.receiver(driver, topic);
        Settlement ack = new Settlement.Ack(Lab.next(receiver));
        proxy.loseReplyTo(VERDICT);

        ErrorClass lost = settleFailure(receiver, ack);
        List<Outcome> repeated = receiver.settle(List.of(ack));

        assertThat(lost).isEqualTo(ErrorClass.OUTCOME_UNKNOWN);
        assertThat(repeated).containsExactly(Outcome.STALE);
        assertThat(lab.number("SELECT count(*) FROM bq_task")).isZero();
    }

    @Test
    void aLargeSendIntoABlackHoleEndsInTime() throws Exception {
        Bytes large = Bytes.wrap(new byte[4 << 20]);
        List<Envelope> batch = List.of(Lab.task(topic, Start.now(), large), Lab.task(topic, Start.now(), large));
        driver.check();
        proxy.blackHole();

        Exception lost =
                Lab.beside("send", () -> failure(batch, Duration.ofSeconds(1))).get(4, TimeUnit.SECONDS);

        assertThat(driver.classify(lost)).isEqualTo(ErrorClass.OUTCOME_UNKNOWN);
        proxy.restore();
        Lab.until(
                () -> driver.send(List.of(Lab.task(topic)), Lab.TIMEOUT).get(0).equals(SendResult.ACCEPTED),
                "the next send should be accepted");
    }

    @Test
    void aClaimIntoABlackHoleEndsWithinItsTimeout() throws Exception {
        Receiver receiver = lab.receiver(driver, topic);
        Lab.sent(direct, Lab.task(topic));
        proxy.blackHole();

        Future<List<Delivery>> claim = Lab.beside("claim", () -> Lab.now(receiver, 3));

        assertThatThrownBy(() -> claim.get(13, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class);
        proxy.restore();
        assertThat(Lab.next(receiver).starts()).isEqualTo(PriorStarts.ZERO);
    }

    @Test
    void anInterruptedCallerGetsItsAnswerAndStaysInterrupted() throws Exception {
        Thread.currentThread().interrupt();
        driver.check();
        Lab.sent(driver, Lab.task(topic));
        assertThat(Thread.interrupted()).isTrue();
        assertThat(Lab.now(lab.receiver(driver, topic), 1)).hasSize(1);
    }

    @Test
    void aSendThatFindsNoServerSurelyStoredNothing() throws Exception {
        proxy.refuse();
        proxy.cut();

        ErrorClass first = driver.classify(sendFailure(Lab.task(topic)));
        Lab.until(
                () -> driver.classify(sendFailure(Lab.task(topic))) == ErrorClass.TRANSIENT,
                "a send without a connection should count as transient");

        assertThat(first).isIn(ErrorClass.TRANSIENT, ErrorClass.OUTCOME_UNKNOWN);
        assertThat(direct.stats(topic).ready()).hasValue(0);
    }

    private Exception sendFailure(Envelope task) {
        return failure(List.of(task), Duration.ofSeconds(3));
    }

    private Exception failure(List<Envelope> batch, Duration timeout) {
        try {
            return driver.send(batch, timeout).stream()
                    .filter(SendResult.Failed.class::isInstance)
                    .map(failed -> ((SendResult.Failed) failed).why())
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("the send succeeded"));
        } catch (Exception thrown) {
            return thrown;
        }
    }

    private ErrorClass settleFailure(Receiver receiver, Settlement settlement) {
        try {
            Outcome outcome = receiver.settle(List.of(settlement)).get(0);
            assertThat(outcome).isInstanceOf(Outcome.Failed.class);
            return driver.classify(((Outcome.Failed) outcome).error());
        } catch (Exception thrown) {
            return driver.classify(thrown);
        }
    }
}
