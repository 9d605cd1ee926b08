package io.backgroundqueue.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Settlement;
import io.backgroundqueue.spi.WireFormat;
import io.backgroundqueue.testkit.Brokers;
import io.backgroundqueue.testkit.Patience;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What goes wrong on RabbitMQ if nobody sees to it: traps Q3, Q4, Q10, Q12, Q14 and Q15. Elsewhere are Q1 and Q2 ({@link
 * ConnectionTrapsTest}), Q5, Q8 and Q11 ({@link BrokerTrapsTest}), Q6 ({@link DelaysUnderLoadTest}) and Q13 ({@link
 * EntryPointsTest}; the contracts run on 3.10 and 4.x). The contracts prove Q7 by rule 15.2, and Q9 by 7.1, 7.2, 14.90 and
 * 14.92.
 */
class TrapsTest {
    private Lab lab;
    private String topic;

    @BeforeEach
    void open() throws Exception {
        lab = new Lab(Brokers.shared("rabbitmq").url());
        topic = lab.topic();
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void aTaskWhoseQueueWasDeletedIsAnErrorAndTheNextOneMakesTheQueueAnew() throws Exception {
        lab.sent(Lab.task(topic));
        delete(RawRabbitMQ.lane(topic, 2));

        assertThat(lab.send(Lab.task(topic))).singleElement().satisfies(result -> failed(result, "was not stored"));
        lab.sent(Lab.task(topic));
    }

    @Test
    void neighboursOfATaskThatCannotBeRoutedAreStoredEachAnsweredAtItsPlace() throws Exception {
        String other = lab.topic();
        lab.sent(Lab.task(topic), Lab.task(other));
        delete(RawRabbitMQ.lane(topic, 2));
        List<SendResult> results =
                lab.send(Lab.task(other), Lab.task(topic), Lab.task(other), Lab.task(topic), Lab.task(other));

        failed(results.get(1), "was not stored");
        failed(results.get(3), "was not stored");
        assertThat(List.of(results.get(0), results.get(2), results.get(4))).containsOnly(SendResult.ACCEPTED);
        assertThat(Lab.taken(lab.receiver(other), 4)).hasSize(4);
    }

    @Test
    void twoMessagesOfOneIdThatCannotBeRoutedAreTwoErrors() throws Exception {
        Envelope task = Lab.task(topic);
        lab.sent(task);
        delete(RawRabbitMQ.lane(topic, 2));

        assertThat(lab.send(task, task)).hasSize(2).allSatisfy(result -> failed(result, "was not stored"));
    }

    @Test
    void aWorkerWhoseQueueIsDeletedMakesItAnewAndHoldsUpNoOtherLane() throws Exception {
        RabbitMQReceiver receiver = lab.receiver(topic);
        lab.sent(Lab.task(topic));
        Lab.taken(receiver, 1);
        delete(RawRabbitMQ.lane(topic, 0));
        lab.sent(Lab.task(topic));

        assertThat(Lab.taken(receiver, 1)).hasSize(1);
        Patience.standard()
                .eventually(
                        () -> receiver.receive(1, Duration.ZERO).isEmpty() && exists(RawRabbitMQ.lane(topic, 0)),
                        () -> "the lane should be there again");
    }

    @Test
    void whatIsDelayedToAQueueThatWasMadeAnewComesToIt() throws Exception {
        RabbitMQReceiver receiver = lab.receiver(topic);
        lab.sent(Lab.task(topic));
        settledLater(receiver, Lab.taken(receiver, 1).get(0));
        Lab.taken(receiver, 1);
        String lane = RawRabbitMQ.lane(topic, 2);
        delete(lane);
        Patience.standard()
                .eventually(
                        () -> receiver.receive(1, Duration.ZERO).isEmpty() && exists(lane),
                        () -> "the worker should make its queue anew");
        lab.sent(Lab.task(topic));
        settledLater(receiver, Lab.taken(receiver, 1).get(0));

        assertThat(Lab.taken(receiver, 1)).hasSize(1);
    }

    @Test
    void anOddLetterHidesNoneBehindIt() throws Exception {
        RabbitMQReceiver receiver = lab.receiver(topic);
        lab.sent(Lab.task(topic), Lab.task(topic));
        List<Delivery.Task> tasks = Lab.taken(receiver, 2);
        assertThat(dead(receiver, tasks.get(0))).isEqualTo(Outcome.DONE);
        AMQP.BasicProperties odd = new AMQP.BasicProperties.Builder()
                .headers(Map.of("id", "odd", "bqreason", "OF_THE_FUTURE", "bqdied", "yesterday"))
                .build();
        try (RawRabbitMQ raw = new RawRabbitMQ(lab.url)) {
            raw.publish(RawRabbitMQ.dead(topic), odd, new byte[] {1});
        }
        assertThat(dead(receiver, tasks.get(1))).isEqualTo(Outcome.DONE);

        try (DeadLetterCursor walk = lab.driver.deadLetters(topic)) {
            assertThat(walk.next(10))
                    .extracting(DeadLetter::id)
                    .containsExactly(
                            tasks.get(0).envelope().taskId(),
                            "odd",
                            tasks.get(1).envelope().taskId());
        }
    }

    @Test
    void aQueueOfOtherArgumentsIsRefusedWithTheCommandThatMendsItAndSparesOtherTopics() throws Exception {
        try (RawRabbitMQ raw = new RawRabbitMQ(lab.url)) {
            raw.channel()
                    .queueDeclare(RawRabbitMQ.lane(topic, 2), true, false, false, Map.of("x-queue-type", "quorum"));
        }
        List<SendResult> results = lab.send(Lab.task(topic), Lab.task(lab.topic()));

        failed(results.get(0), "rabbitmqctl delete_queue '" + RawRabbitMQ.lane(topic, 2) + "'");
        assertThat(results.get(1)).isEqualTo(SendResult.ACCEPTED);
    }

    @Test
    void aDelayedTaskComesToItsOwnLaneOnlyAlsoWhereNamesEndAlike() throws Exception {
        String longer = "x." + topic;
        RabbitMQReceiver here = lab.receiver(topic);
        RabbitMQReceiver there = lab.receiver(longer);
        lab.sent(Lab.task(longer, Start.after(Duration.ofMillis(150)), Map.of()));
        lab.sent(Lab.task(topic, Start.after(Duration.ofMillis(150)), Map.of()));

        assertThat(Lab.taken(here, 1).get(0).envelope().topic()).isEqualTo(topic);
        assertThat(Lab.taken(there, 1).get(0).envelope().topic()).isEqualTo(longer);
        assertThat(here.receive(1, Duration.ofMillis(300))).isEmpty();
        assertThat(there.receive(1, Duration.ofMillis(300))).isEmpty();
        RawRabbitMQ.delete(lab.url, List.of(longer));
    }

    @Test
    void noTagIsSettledTwiceSoTheChannelStays() throws Exception {
        lab.sent(Lab.task(topic), Lab.task(topic), Lab.task(topic));
        RabbitMQReceiver receiver = lab.receiver(topic);
        List<Delivery.Task> tasks = Lab.taken(receiver, 3);

        assertThat(acked(receiver, tasks.get(1), tasks.get(1), tasks.get(0)))
                .containsExactly(Outcome.DONE, Outcome.STALE, Outcome.DONE);
        assertThat(acked(receiver, tasks.get(0), tasks.get(2))).containsExactly(Outcome.STALE, Outcome.DONE);
        assertThat(receiver.receive(1, Duration.ofMillis(300)))
                .as("a channel that was closed would bring them back")
                .isEmpty();
    }

    @Test
    void whatABrokenConnectionHandedOutIsStaleAndComesAgainOnAnother() throws Exception {
        lab.sent(Lab.task(topic), Lab.task(topic));
        RabbitMQReceiver receiver = lab.receiver(topic);
        List<Delivery.Task> before = Lab.taken(receiver, 2);
        receiver.cutConnection();
        List<Delivery.Task> after = Lab.taken(receiver, 2);

        assertThat(acked(receiver, before.get(0), before.get(1))).containsOnly(Outcome.STALE);
        assertThat(receiver.extend(new ArrayList<>(before))).containsExactlyElementsOf(before);
        assertThat(after).allSatisfy(task -> assertThat(task.starts().count()).isEqualTo(1));
        assertThat(acked(receiver, after.get(0), after.get(1))).containsOnly(Outcome.DONE);
    }

    @Test
    void aTaskMayBeReleasedThirtyTimesAndCountsNoStart() throws Exception {
        lab.sent(Lab.task(topic));
        RabbitMQReceiver receiver = lab.receiver(topic);
        for (int i = 1; i <= 30; i++) {
            Delivery.Task task = Lab.taken(receiver, 1).get(0);
            assertThat(task.starts().count())
                    .as("starts after " + (i - 1) + " releases")
                    .isZero();
            assertThat(receiver.settle(List.of(new Settlement.Release(task)))).containsExactly(Outcome.DONE);
        }
    }

    @Test
    void whatIsFetchedAndParkedThirtyTimesIsChargedOnceAtMost() throws Exception {
        lab.sent(Lab.task(topic), Lab.task(topic));
        RabbitMQReceiver receiver = lab.receiver(topic);
        for (int i = 1; i <= 30; i++) {
            Delivery.Task task = Lab.taken(receiver, 1).get(0);
            receiver.park();
            assertThat(receiver.settle(List.of(new Settlement.Release(task)))).containsExactly(Outcome.DONE);
            assertThat(task.starts().count()).as("starts in round " + i).isLessThanOrEqualTo(1);
        }
    }

    @Test
    void headersThatTheBrokerActsUponOrWritesComeThroughAsTheUsersOwn() throws Exception {
        Map<String, String> headers = Map.of("CC", "elsewhere", "BCC", "too", "x-death", "mine", "x-request-id", "7");
        lab.sent(Lab.task(topic, Start.after(Duration.ofMillis(50)), headers));
        RabbitMQReceiver receiver = lab.receiver(topic);
        Delivery.Task first = Lab.taken(receiver, 1).get(0);
        receiver.settle(List.of(new Settlement.Later(first, Progress.NONE, Start.now())));

        assertThat(first.envelope().headers()).isEqualTo(headers);
        assertThat(Lab.taken(receiver, 1).get(0).envelope().headers()).isEqualTo(headers);
    }

    @Test
    void aTaskThatIsDelayedAgainAndAgainIsNotTakenForOneThatGoesRound() throws Exception {
        lab.sent(Lab.task(topic));
        RabbitMQReceiver receiver = lab.receiver(topic);
        for (int i = 1; i <= 5; i++) {
            Delivery.Task task = Lab.taken(receiver, 1).get(0);
            Start again = Start.after(Duration.ofMillis(100));
            assertThat(receiver.settle(List.of(new Settlement.Later(
                            task, new Progress(i, i, 0, false, task.progress().lastError()), again))))
                    .containsExactly(Outcome.DONE);
        }
        assertThat(Lab.taken(receiver, 1).get(0).progress().failures()).isEqualTo(5);
    }

    @Test
    void aTaskWhoseDelayIsLongerThanTheGridComesEarlyAndSaysWhatIsLeft() throws Exception {
        Envelope task = Lab.task(topic);
        Instant due = Instant.now().plusSeconds(3_600).truncatedTo(ChronoUnit.MILLIS);
        Map<String, String> fields = new HashMap<>(WireFormat.toHeaders(task, Progress.NONE, due));
        RabbitMQReceiver receiver = lab.receiver(topic);
        try (RawRabbitMQ raw = new RawRabbitMQ(lab.url)) {
            raw.publish(RawRabbitMQ.lane(topic, 2), MessageHeaders.properties(fields), new byte[] {1});
            assertThat(Lab.taken(receiver, 1).get(0).due())
                    .as("the grid has waited, whatever this clock says")
                    .isBefore(due);
            fields.put("bqpartial", "true");
            raw.publish(RawRabbitMQ.lane(topic, 2), MessageHeaders.properties(fields), new byte[] {1});
            assertThat(Lab.taken(receiver, 1).get(0).due()).isEqualTo(due);
        }
    }

    @Test
    void aDelayBeyondTheGridTakesItsLongestWay() {
        DelayLeg leg = DelayLeg.of(Duration.ofDays(30));

        assertThat(leg).isEqualTo(new DelayLeg(999_999, true));
        assertThat(leg.key("lane")).isEqualTo("99.99.99.@.lane");
        assertThat(DelayLeg.of(Duration.ofSeconds(Long.MAX_VALUE))).isEqualTo(leg);
        assertThat(DelayLeg.of(Duration.ofMillis(99_999_900))).isEqualTo(new DelayLeg(999_999, false));
        assertThat(DelayLeg.of(Duration.ofMillis(1))).isEqualTo(new DelayLeg(1, false));
        assertThat(DelayLeg.of(Duration.ofMillis(12_345_678).plusNanos(1)).key("lane"))
                .isEqualTo("12.34.57.@.lane");
    }

    @Test
    void aLetterOfADeletedDeadQueueIsKeptWithItsTask() throws Exception {
        lab.sent(Lab.task(topic), Lab.task(topic));
        RabbitMQReceiver receiver = lab.receiver(topic);
        Delivery.Task first = Lab.taken(receiver, 1).get(0);
        assertThat(dead(receiver, first)).isEqualTo(Outcome.DONE);
        delete(RawRabbitMQ.dead(topic));
        Delivery.Task second = Lab.taken(receiver, 1).get(0);

        assertThat(dead(receiver, second)).isInstanceOf(Outcome.Failed.class);
        receiver.close();
        RabbitMQReceiver other = lab.receiver(topic);
        Delivery.Task again = Lab.taken(other, 1).get(0);
        assertThat(again.envelope().taskId()).isEqualTo(second.envelope().taskId());
        assertThat(dead(other, again)).as("the queue is made anew").isEqualTo(Outcome.DONE);
    }

    @Test
    void aVerdictThatAnOperatorHasToMakePossibleIsKeptUntilThen() throws Exception {
        lab.sent(Lab.task(topic), Lab.task(topic));
        RabbitMQReceiver receiver = lab.receiver(topic);
        List<Delivery.Task> tasks = Lab.taken(receiver, 2);
        assertThat(dead(receiver, tasks.get(0))).isEqualTo(Outcome.DONE);
        delete(RawRabbitMQ.dead(topic));

        assertThat(dead(receiver, tasks.get(1))).isInstanceOf(Outcome.Failed.class);
        assertThat(dead(receiver, tasks.get(1))).as("once more").isEqualTo(Outcome.DONE);
        assertThat(receiver.receive(1, Duration.ofMillis(300))).isEmpty();
    }

    private static void settledLater(RabbitMQReceiver receiver, Delivery.Task task) throws Exception {
        Start soon = Start.after(Duration.ofMillis(100));
        assertThat(receiver.settle(List.of(new Settlement.Later(task, task.progress(), soon))))
                .containsExactly(Outcome.DONE);
    }

    private static Outcome dead(RabbitMQReceiver receiver, Delivery.Task task) throws Exception {
        return receiver.settle(List.of(new Settlement.Dead(task, task.progress(), DeadReason.NON_RETRYABLE)))
                .get(0);
    }

    private static List<Outcome> acked(RabbitMQReceiver receiver, Delivery.Task... tasks) throws Exception {
        List<Settlement> acks = new ArrayList<>();
        for (Delivery.Task task : tasks) {
            acks.add(new Settlement.Ack(task));
        }
        return receiver.settle(acks);
    }

    private static void failed(SendResult result, String why) {
        assertThat(result).isInstanceOfSatisfying(SendResult.Failed.class, failed -> {
            assertThat(failed.errorClass()).isEqualTo(ErrorClass.MISCONFIGURED);
            assertThat(failed.why()).hasMessageContaining(why);
        });
    }

    private boolean exists(String queue) throws Exception {
        try (RawRabbitMQ raw = new RawRabbitMQ(lab.url)) {
            raw.channel().queueDeclarePassive(queue);
            return true;
        } catch (IOException gone) {
            return false;
        }
    }

    /** The queue is gone when the broker says so. */
    private void delete(String queue) throws Exception {
        try (RawRabbitMQ raw = new RawRabbitMQ(lab.url)) {
            raw.channel().queueDelete(queue);
            Patience.standard()
                    .eventually(
                            () -> raw.channel().queueDelete(queue).getMessageCount() == 0,
                            () -> queue + " should be gone");
        }
    }
}
