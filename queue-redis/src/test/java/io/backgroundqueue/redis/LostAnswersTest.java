package io.backgroundqueue.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchException;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Start;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.PriorStarts;
import io.backgroundqueue.spi.QueueUrl;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Settlement;
import io.backgroundqueue.testkit.FaultProxy;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisConnectionException;

/** Traps R5 to R7: scripts that the server forgot, and answers that did not arrive. */
class LostAnswersTest {
    private Lab lab;
    private FaultProxy proxy;
    private RedisDriver driver;
    private String topic;

    @BeforeEach
    void connectThroughTheProxy() throws Exception {
        lab = Lab.shared();
        HostAndPort node =
                RedisSettings.of(QueueUrl.parse(lab.broker().url())).hosts.get(0);
        proxy = lab.closeLater(FaultProxy.to(node.getHost(), node.getPort()));
        driver = lab.driver("redis://" + proxy.host() + ":" + proxy.port());
        topic = Lab.newTopic("lost");
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void scriptsThatTheServerForgotAreSentAgain() throws Exception {
        Envelope first = Lab.sent(driver, Lab.task(topic));
        RedisReceiver receiver = lab.receiver(driver, topic);
        lab.raw("SCRIPT", "FLUSH");
        Envelope second = Lab.sent(driver, Lab.task(topic));
        lab.raw("SCRIPT", "FLUSH");
        List<Delivery> found = Lab.now(receiver, 10);
        lab.raw("SCRIPT", "FLUSH");
        List<Outcome> outcomes = receiver.settle(
                found.stream().<Settlement>map(Settlement.Ack::new).toList());

        assertThat(Lab.ids(found)).containsExactly(first.taskId(), second.taskId());
        assertThat(outcomes).containsExactly(Outcome.DONE, Outcome.DONE);
    }

    @Test
    void aBatchOfSeveralTopicsIsStoredOnceAlthoughTheServerForgotTheScript() throws Exception {
        String other = Lab.newTopic("lost");
        List<Envelope> batch = List.of(Lab.task(topic), Lab.task(other), Lab.task(topic));
        lab.raw("SCRIPT", "FLUSH");

        Lab.sent(driver, batch);

        assertThat(Lab.ids(Lab.now(lab.receiver(driver, topic), 10)))
                .containsExactly(batch.get(0).taskId(), batch.get(2).taskId());
        assertThat(Lab.ids(Lab.now(lab.receiver(driver, other), 10)))
                .containsExactly(batch.get(1).taskId());
    }

    @Test
    void anEnqueueWhoseAnswerWasLostIsStoredOnceWhenRepeated() throws Exception {
        Envelope task = Lab.task(topic);
        proxy.loseReplyTo(task.taskId());

        Exception lost = catchException(() -> driver.send(List.of(task), Lab.TIMEOUT));
        List<SendResult> repeated = driver.send(List.of(task), Lab.TIMEOUT);

        assertThat(lost).isNotNull();
        assertThat(driver.classify(lost)).isEqualTo(ErrorClass.OUTCOME_UNKNOWN);
        assertThat(repeated).containsExactly(SendResult.ACCEPTED);
        assertThat(driver.stats(topic).ready()).hasValue(1);
    }

    @Test
    void aTaskWhoseClaimWasNotAnsweredComesWithTheNextClaimAndIsChargedNothing() throws Exception {
        List<Envelope> tasks = Lab.sent(driver, Lab.tasks(topic, 5));
        RedisReceiver receiver = lab.receiver(driver, topic);
        proxy.loseReplyTo(RedisScript.CLAIM.digest());

        assertThatThrownBy(() -> Lab.now(receiver, 3)).isInstanceOf(RuntimeException.class);
        List<Delivery> found = Lab.now(receiver, 10);

        assertThat(Lab.ids(found))
                .containsExactlyElementsOf(tasks.stream().map(Envelope::taskId).toList());
        assertThat(found)
                .allSatisfy(delivery ->
                        assertThat(((Delivery.Task) delivery).starts()).isEqualTo(PriorStarts.ZERO));
    }

    @Test
    void aClaimThatWasGivenUpTakesNothingWhenItArrivesLate() throws Exception {
        RedisReceiver receiver = lab.receiver(driver, topic);
        String[] claim = {"lab:1", "1"};
        TopicKeys keys = new TopicKeys("bq", topic);
        try (RedisLink link =
                new RedisLink(RedisSettings.of(QueueUrl.parse(lab.broker().url())), Time.system())) {
            List<byte[]> all = keys.with(keys.voided("lab"));
            long deadline = Time.system().deadline(Lab.TIMEOUT);
            link.eval(
                    RedisScript.RECOVER.call(
                            all, new ScriptArguments().text(claim[1]).text(claim[0])),
                    deadline);
            Envelope task = Lab.sent(driver, Lab.task(topic));
            ScriptArguments late = new ScriptArguments()
                    .number(10)
                    .number(1_000_000)
                    .text(claim[0])
                    .text(claim[1])
                    .number(30_000)
                    .number(0)
                    .number(0)
                    .number(5_000);

            assertThat(Replies.list(link.eval(RedisScript.CLAIM.call(all, late), deadline)))
                    .isEmpty();
            assertThat(Lab.ids(Lab.now(receiver, 10))).containsExactly(task.taskId());
        }
    }

    /** Its claim of the task is not answered. Before, it claims in vain: then the server knows the script. */
    private RedisReceiver receiverInDoubtOf(Envelope task) throws Exception {
        RedisReceiver receiver = lab.receiver(driver, topic);
        assertThat(Lab.now(receiver, 1)).isEmpty();
        Lab.sent(driver, task);
        receiver.lookUp(false);
        proxy.loseReplyTo(RedisScript.CLAIM.digest());
        assertThatThrownBy(() -> Lab.now(receiver, 1)).isInstanceOf(RuntimeException.class);
        return receiver;
    }

    @Test
    void aReceiverThatIsParkedInDoubtLeavesItsTasksToOthersAtOnce() throws Exception {
        Envelope task = Lab.task(topic);
        RedisReceiver receiver = receiverInDoubtOf(task);

        receiver.park();

        assertThat(Lab.ids(Lab.now(lab.receiver(driver, topic), 10))).containsExactly(task.taskId());
    }

    @Test
    void aReceiverThatClosesInDoubtLeavesItsTasksToOthersAtOnce() throws Exception {
        Envelope task = Lab.task(topic);
        RedisReceiver receiver = receiverInDoubtOf(task);

        receiver.close();

        assertThat(Lab.ids(Lab.now(lab.receiver(driver, topic), 10))).containsExactly(task.taskId());
    }

    @Test
    void aVerdictWhoseAnswerWasLostIsStaleWhenRepeatedAndTheTaskIsGone() throws Exception {
        Lab.sent(driver, Lab.task(topic));
        RedisReceiver receiver = lab.receiver(driver, topic);
        Settlement ack = new Settlement.Ack(Lab.next(receiver));
        proxy.loseReplyTo(RedisScript.SETTLE.digest());

        List<Outcome> lost = receiver.settle(List.of(ack));
        List<Outcome> repeated = receiver.settle(List.of(ack));

        assertThat(lost).hasOnlyElementsOfType(Outcome.Failed.class);
        assertThat(driver.classify(((Outcome.Failed) lost.get(0)).error())).isEqualTo(ErrorClass.OUTCOME_UNKNOWN);
        assertThat(repeated).containsExactly(Outcome.STALE);
        assertThat(lab.rawNumber("HLEN", "{bq}:" + topic + ":body")).isZero();
    }

    @Test
    void aLargeSendIntoABlackHoleEndsInTime() {
        Bytes large = Bytes.wrap(new byte[14 << 20]);
        List<Envelope> batch = List.of(Lab.task(topic, Start.now(), large), Lab.task(topic, Start.now(), large));
        driver.check();
        proxy.blackHole();
        long before = System.nanoTime();

        Exception lost = catchException(() -> driver.send(batch, Duration.ofSeconds(2)));

        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofMillis(3_800));
        assertThat(lost).isNotNull();
        assertThat(driver.classify(lost)).isEqualTo(ErrorClass.OUTCOME_UNKNOWN);
        proxy.restore();
        Lab.sent(driver, Lab.task(topic));
    }

    @Test
    void theTimeOfACallIsThatOfAllItsAnswersTogether() {
        List<CommandArguments> slow = Collections.nCopies(
                3,
                new CommandArguments(Command.BLPOP)
                        .key("{bq}:" + topic + ":nothing")
                        .add("0.7"));
        try (RedisLink link =
                new RedisLink(RedisSettings.of(QueueUrl.parse(lab.broker().url())), Time.system())) {
            long deadline = Time.system().deadline(Duration.ofSeconds(1));

            assertThatThrownBy(() -> link.commands(slow, deadline)).isInstanceOf(JedisConnectionException.class);
        }
    }

    @Test
    void aReceiveThatLooksAtTheEndOfItsWaitEndsWithinTheTimeOfACall() throws Exception {
        Duration most = Duration.ofSeconds(3);
        RedisReceiver receiver = (RedisReceiver) driver.receiver(
                topic,
                new ReceiverOptions(
                        10,
                        OptionalInt.empty(),
                        1_000,
                        16 << 20,
                        Duration.ofMillis(1_500),
                        Duration.ofSeconds(1),
                        most,
                        "lab"));
        assertThat(Lab.now(receiver, 1)).isEmpty();
        proxy.blackHole();
        long before = System.nanoTime();

        // Without word of anybody it looks by itself when its own lease is over.
        assertThat(catchException(() -> receiver.receive(1, Duration.ofMillis(2_400))))
                .isNotNull();

        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(most);
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
    void aSendThatFindsNoServerSurelyStoredNothing() {
        proxy.refuse();
        proxy.cut();

        Exception refused = catchException(() -> driver.send(List.of(Lab.task(topic)), Lab.TIMEOUT));

        assertThat(refused).isNotNull();
        assertThat(driver.classify(refused)).isIn(ErrorClass.TRANSIENT, ErrorClass.OUTCOME_UNKNOWN);
        Exception again = catchException(() -> driver.send(List.of(Lab.task(topic)), Lab.TIMEOUT));
        assertThat(again).isNotNull();
        assertThat(driver.classify(again)).isEqualTo(ErrorClass.TRANSIENT);
    }
}
