package io.backgroundqueue.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchException;

import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.testkit.Brokers;
import io.backgroundqueue.testkit.FaultProxy;
import io.backgroundqueue.testkit.FaultProxy.Direction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Traps Q1, Q2 and Q10, and an end without an answer: what connections do when they end, or do not. */
class ConnectionTrapsTest {
    private FaultProxy network;
    private Lab lab;
    private String topic;

    @BeforeEach
    void open() throws Exception {
        String url = Brokers.shared("rabbitmq").url();
        network = RawRabbitMQ.proxy(url);
        lab = new Lab(RawRabbitMQ.through(network, url));
        topic = lab.topic();
    }

    @AfterEach
    void close() {
        network.restore();
        lab.close();
        network.close();
    }

    @Test
    void ofTwoHundredFetchedTasksAllComeAgainWithOneStartMoreAtMostWhenTheConnectionBreaks() throws Exception {
        Envelope[] tasks = Stream.generate(() -> Lab.task(topic)).limit(200).toArray(Envelope[]::new);
        lab.sent(tasks);
        RabbitMQReceiver receiver = lab.receiver(topic, tasks.length);
        List<String> started = Lab.taken(receiver, 20).stream()
                .map(task -> task.envelope().taskId())
                .toList();
        receiver.cutConnection();
        List<Delivery.Task> again = Lab.taken(receiver, tasks.length);

        assertThat(again)
                .extracting(task -> task.envelope().taskId())
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(tasks).map(Envelope::taskId).toList());
        assertThat(again).allSatisfy(task -> assertThat(task.starts().count()).isLessThanOrEqualTo(1));
        assertThat(again)
                .filteredOn(task -> started.contains(task.envelope().taskId()))
                .allSatisfy(task -> assertThat(task.starts().count()).isEqualTo(1));
    }

    @Test
    void aSendWhoseConfirmIsLostEndsAtOnceAndSentAgainLeavesOneCopyMoreAtMost() throws Exception {
        lab.sent(Lab.task(topic));
        Envelope task = Lab.task(topic);
        network.loseReplyTo(task.taskId());
        long begin = System.nanoTime();
        SendResult result = lab.send(task).get(0);

        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Lab.TIMEOUT.dividedBy(2));
        assertThat(result)
                .isInstanceOfSatisfying(
                        SendResult.Failed.class,
                        failed -> assertThat(failed.errorClass()).isEqualTo(ErrorClass.OUTCOME_UNKNOWN));
        lab.sent(task);
        RabbitMQReceiver receiver = lab.receiver(topic);
        List<Delivery.Task> taken = new ArrayList<>(Lab.taken(receiver, 2));
        receiver.receive(10, Duration.ofMillis(300)).forEach(more -> taken.add((Delivery.Task) more));
        assertThat(taken)
                .filteredOn(one -> one.envelope().taskId().equals(task.taskId()))
                .hasSizeBetween(1, 2);
        assertThat(taken).hasSizeLessThanOrEqualTo(3);
    }

    @Test
    void neighboursOfManyCrashesDoNotEndInTheDeadLetters() throws Exception {
        Envelope[] tasks = Stream.generate(() -> Lab.task(topic)).limit(10).toArray(Envelope[]::new);
        lab.sent(tasks);
        RabbitMQReceiver receiver = lab.receiver(topic);
        for (int crash = 1; crash <= 22; crash++) {
            Lab.taken(receiver, tasks.length);
            receiver.cutConnection();
        }

        assertThat(Lab.taken(receiver, tasks.length))
                .extracting(task -> task.envelope().taskId())
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(tasks).map(Envelope::taskId).toList());
    }

    @Test
    void whatCannotBeDeclaredInTimeIsSurelyNotSentAndTheNextTryGetsFurther() throws Exception {
        lab.sent(Lab.task(topic));
        network.delay(Direction.TO_SERVER, Duration.ofMillis(200));
        Envelope[] tasks =
                Stream.generate(() -> Lab.task(lab.topic())).limit(20).toArray(Envelope[]::new);
        Duration timeout = Duration.ofSeconds(3);
        long begin = System.nanoTime();
        List<SendResult> results = lab.driver.send(List.of(tasks), timeout);

        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(timeout.plusSeconds(1));
        assertThat(results)
                .contains(SendResult.ACCEPTED)
                .filteredOn(result -> !result.equals(SendResult.ACCEPTED))
                .isNotEmpty()
                .allSatisfy(result ->
                        assertThat(((SendResult.Failed) result).errorClass()).isEqualTo(ErrorClass.TRANSIENT));
        network.restore();
        lab.sent(tasks);
    }

    @Test
    void aConnectionThatEndsInTheMiddleOfTheLoginIsNoWrongPassword() {
        network.loseReplyTo("PLAIN");

        assertThatThrownBy(() -> BackgroundQueues.open(lab.url))
                .isInstanceOfSatisfying(
                        QueueException.class,
                        error -> assertThat(error.kind()).isEqualTo(QueueException.Kind.UNAVAILABLE));
    }

    @Test
    void aQuestionThatIsNotAnsweredMayBeAskedAgain() throws Exception {
        lab.sent(Lab.task(topic));
        lab.driver.stats(topic);
        network.blackHole();
        Exception unanswered = catchException(() -> lab.driver.stats(topic));

        assertThat(lab.driver.classify(unanswered)).isEqualTo(ErrorClass.TRANSIENT);
        network.restore();
        assertThat(lab.driver.stats(topic).ready()).hasValue(1);
    }

    @Test
    void aReceiverClosesInTimeWhenTheBrokerAnswersNothing() throws Exception {
        lab.sent(Lab.task(topic), Lab.task(topic));
        RabbitMQReceiver receiver = lab.receiver(topic);
        Lab.taken(receiver, 1);
        network.blackHole();
        long begin = System.nanoTime();
        receiver.close();

        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Lab.TIMEOUT);
    }
}
