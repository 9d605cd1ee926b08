package io.backgroundqueue.testkit.seam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backgroundqueue.Feature;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.testkit.Requires;
import io.backgroundqueue.testkit.Rule;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Rules 14.100 to 14.111: deduplication. */
public abstract class DeduplicationRules extends OrderRules {
    private static final int SENDERS = 8;

    DeduplicationRules() {}

    @Test
    @Rule("14.100")
    @Requires(Feature.DEDUPLICATION)
    public final void aSecondTaskOfAnIdIsADuplicateAndNotStored() throws Exception {
        givenHeldOnce();
        String topic = newTopic();
        Hand hand = hand(topic);
        Envelope first = send(unique(topic));
        assertThat(sent(unique(topic)))
                .as("result of a second task of a deduplication id")
                .isInstanceOf(SendResult.Duplicate.class);
        assertThat(taken(hand).envelope().taskId()).as("id of the only task").isEqualTo(first.taskId());
        hand.expectNothing("the second task was refused as a duplicate");
    }

    @Test
    @Rule("14.101")
    @Requires(Feature.DEDUPLICATION)
    public final void aDuplicateNamesTheTaskThatWasAccepted() throws Exception {
        assumeTrue(capabilities().conflictReported(), "conflictReported is not declared");
        String topic = newTopic();
        Envelope first = send(unique(topic));
        SendResult.Duplicate duplicate = refused(topic);
        assertThat(duplicate.firstTaskId())
                .as("the task that a duplicate is of")
                .isEqualTo(Optional.of(first.taskId()));
    }

    @Test
    @Rule("14.102")
    @Requires(Feature.DEDUPLICATION)
    public final void otherTopicsAndOtherIdsAreNoDuplicates() throws Exception {
        String topic = newTopic();
        String other = newTopic();
        send(task(topic).deduplication("id", window()));
        assertThat(sent(task(other).deduplication("id", window())))
                .as("the same id on another topic")
                .matches(SeamContract::accepted);
        assertThat(sent(task(topic).deduplication("ID", window())))
                .as("an id that differs in case")
                .matches(SeamContract::accepted);
        assertThat(sent(task(topic).deduplication("id ", window())))
                .as("an id that differs by a blank")
                .matches(SeamContract::accepted);
        assertThat(sent(task(topic))).as("a task without an id").matches(SeamContract::accepted);
    }

    @Test
    @Rule("14.103")
    @Requires(Feature.DEDUPLICATION)
    public final void anIdIsRememberedWhenItsTaskIsDone() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        send(unique(topic));
        refused(topic);
        acked(hand, taken(hand));
        assertThat(sent(unique(topic)))
                .as("result of a second task of an id whose first is done")
                .isInstanceOf(SendResult.Duplicate.class);
    }

    @Test
    @Rule("14.104")
    @Requires(Feature.DEDUPLICATION)
    public final void anIdIsFreeWhenItsWindowIsOver() throws Exception {
        String topic = newTopic();
        send(unique(topic));
        pass(window().plus(margin()));
        Envelope second = unique(topic).at(now());
        assertThat(peer().send(List.of(second)))
                .as("result of a task of an id whose window is over")
                .allMatch(SeamContract::accepted);
        hand(topic).takeAll(Set.of(second.taskId()));
    }

    @Test
    @Rule("14.105")
    @Requires(Feature.DEDUPLICATION)
    public final void oneOfManySendersAtOnceIsAccepted() throws Exception {
        String control = newTopic();
        send(unique(control));
        refused(control);
        String topic = newTopic();
        List<Peer> peers = List.of(peer(), newPeer());
        CountDownLatch start = new CountDownLatch(1);
        Instant now = now();
        List<Future<SendResult>> senders = IntStream.range(0, SENDERS)
                .mapToObj(i -> beside(() -> {
                    start.await();
                    return peers.get(i % 2).send(List.of(unique(topic).at(now))).get(0);
                }))
                .toList();
        start.countDown();
        List<String> results = new ArrayList<>();
        for (Future<SendResult> sender : senders) {
            results.add(answer(sender, "all senders should have an answer")
                    .getClass()
                    .getSimpleName());
        }
        assertThat(results).as("results of " + SENDERS + " sends at once").containsOnly("Accepted", "Duplicate");
        assertThat(results).as("accepted sends").containsOnlyOnce("Accepted");
    }

    @Test
    @Rule("14.106")
    @Requires({Feature.DEDUPLICATION, Feature.ATTEMPTS})
    public final void aRetryDoesNotRenewTheWindow() throws Exception {
        givenFreeAfterWindow();
        String topic = newTopic();
        Hand hand = hand(topic);
        send(unique(topic));
        pass(window().dividedBy(2));
        retried(hand, taken(hand), PROGRESS);
        pass(window().dividedBy(2).plus(margin()));
        assertThat(sent(unique(topic)))
                .as("result of a task of an id whose window is over, its first task retried meanwhile")
                .matches(SeamContract::accepted);
    }

    @Test
    @Rule("14.107")
    @Requires(Feature.DEDUPLICATION)
    public final void aRefusedDuplicateDoesNotRenewTheWindow() throws Exception {
        givenFreeAfterWindow();
        String topic = newTopic();
        send(unique(topic));
        pass(window().dividedBy(2));
        refused(topic);
        pass(window().dividedBy(2).plus(margin()));
        assertThat(sent(unique(topic)))
                .as("result of a task of an id whose window is over, a duplicate refused meanwhile")
                .matches(SeamContract::accepted);
    }

    @Test
    @Rule("14.108")
    @Requires({Feature.DEDUPLICATION, Feature.CANCEL})
    public final void theSameTaskSentAgainIsNoDuplicateOfItself() throws Exception {
        String topic = newTopic();
        refusedAfter(topic);
        String other = newTopic();
        Envelope task = send(unique(other));
        assertThat(peer().send(List.of(task)))
                .as("result of sending the same task again")
                .allMatch(SeamContract::accepted);
    }

    @Test
    @Rule("14.109")
    @Requires({Feature.DEDUPLICATION, Feature.CANCEL})
    public final void cancellingFreesTheId() throws Exception {
        String topic = newTopic();
        Envelope task = send(unique(topic));
        refused(topic);
        given("14.120", () -> {
            assertThat(peer().driver().cancel(topic, task.taskId())).isTrue();
            return task;
        });
        assertThat(sent(unique(topic)))
                .as("result of a task of an id whose first task was cancelled")
                .matches(SeamContract::accepted);
    }

    @Test
    @Rule("14.110")
    @Requires({Feature.DEDUPLICATION, Feature.DELAY})
    public final void aDelayedTaskHoldsItsId() throws Exception {
        String control = newTopic();
        refusedAfter(control);
        String topic = newTopic();
        send(unique(topic).delay(Duration.ofMinutes(10)));
        assertThat(sent(unique(topic)))
                .as("result of a second task of an id whose first is delayed")
                .isInstanceOf(SendResult.Duplicate.class);
    }

    @Test
    @Rule("14.111")
    @Requires(Feature.DEDUPLICATION)
    public final void anIdIsFreeWhenItsTaskWasNotStored() throws Exception {
        String topic = newTopic();
        Optional<Envelope> refused = harness().refused(task(topic).at(now()));
        assumeTrue(refused.isPresent(), "there is no task that this backend alone refuses");
        Envelope unstored = withDeduplication(refused.get(), unique(topic).at(now()));
        given("14.8", () -> {
            List<SendResult> results = peer().send(List.of(unstored));
            assertThat(results).hasOnlyElementsOfType(SendResult.Failed.class);
            return results;
        });
        assertThat(sent(unique(topic)))
                .as("result of a task of an id whose first task was refused")
                .matches(SeamContract::accepted);
    }

    private static Envelope withDeduplication(Envelope task, Envelope other) {
        return new Envelope(
                task.taskId(),
                task.topic(),
                task.start(),
                task.priority(),
                task.headers(),
                task.payload(),
                other.deduplication(),
                task.orderingKey(),
                task.attempts(),
                task.expiresAfter(),
                task.enqueuedAt());
    }

    /** A window that a test can wait for. */
    private Duration window() {
        return time().stepped() ? Duration.ofMinutes(5) : Duration.ofSeconds(3);
    }

    private Duration margin() {
        return time().stepped() ? Duration.ofMillis(1) : Duration.ofSeconds(1);
    }

    private TaskDraft unique(String topic) {
        return task(topic).deduplication("id of " + topic, window());
    }

    private SendResult sent(TaskDraft draft) throws Exception {
        return peer().send(List.of(draft.at(now()))).get(0);
    }

    /** Another task of the id, which is refused. */
    private SendResult.Duplicate refused(String topic) throws Exception {
        return given("14.100", () -> {
            SendResult result = sent(unique(topic));
            assertThat(result).isInstanceOf(SendResult.Duplicate.class);
            return (SendResult.Duplicate) result;
        });
    }

    private void refusedAfter(String topic) throws Exception {
        send(unique(topic));
        refused(topic);
    }

    private void givenFreeAfterWindow() throws Exception {
        String topic = newTopic();
        send(unique(topic));
        pass(window().plus(margin()));
        given("14.104", () -> {
            SendResult result = sent(unique(topic));
            assertThat(result).matches(SeamContract::accepted);
            return result;
        });
    }
}
