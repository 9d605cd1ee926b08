package io.backgroundqueue.inmemory;

import static io.backgroundqueue.inmemory.Sample.task;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Scope;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.PriorStarts;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.SendResult.Duplicate;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TopicStoreTest {
    private static final Duration WINDOW = Duration.ofMinutes(5);

    private final Bench bench = new Bench();

    @Test
    void releasedTasksGoBackToTheirOldOrderHoweverTheyAreReleased() {
        bench.send(task("a"), task("b"), task("c"), task("d"));
        List<Delivery.Task> taken = bench.take(3);

        bench.release(taken.get(1));
        bench.release(taken.get(2));
        bench.release(taken.get(0));

        assertThat(bench.takeIds(9)).containsExactly("a", "b", "c", "d");
    }

    @Test
    void aReleaseCostsNoStartAndALostLeaseDoes() {
        bench.send(task("a"));
        bench.release(bench.takeOne());
        assertThat(bench.takeOne().starts()).isEqualTo(PriorStarts.ZERO);

        bench.time.advance(Bench.LEASE);
        assertThat(bench.takeOne().starts().count()).isEqualTo(1);
        bench.time.advance(Bench.LEASE);
        Delivery.Task third = bench.takeOne();
        assertThat(third.starts().count()).isEqualTo(2);

        bench.later(third, Duration.ZERO);
        assertThat(bench.takeOne().starts()).isEqualTo(PriorStarts.ZERO);
    }

    @Test
    void aTaskWhoseLeaseEndedKeepsItsPlace() {
        bench.send(task("a"), task("b"));
        bench.takeOne();
        bench.time.advance(Bench.LEASE);

        assertThat(bench.takeIds(9)).containsExactly("a", "b");
    }

    @Test
    void aRetryGoesBehindTheReadyOnesAndKeepsItsProgress() {
        bench.send(task("a"), task("b"));
        bench.later(bench.takeOne(), Duration.ZERO);

        assertThat(bench.takeOne().envelope().taskId()).isEqualTo("b");
        Delivery.Task again = bench.takeOne();
        assertThat(again.envelope().taskId()).isEqualTo("a");
        assertThat(again.progress()).isEqualTo(Bench.failedOnce());
    }

    @Test
    void aCancelledReadyTaskLeavesNoTraceInCountsOrOrder() {
        bench.send(task("a"), task("b"), task("c"));

        assertThat(bench.driver.cancel("orders", "b")).isTrue();

        assertThat(bench.counts()).containsExactly(2L, 0L, 0L, 0L);
        assertThat(bench.broker.capacity().tasks()).isEqualTo(2);
        assertThat(bench.takeIds(9)).containsExactly("a", "c");
    }

    @Test
    void cancelRefusesWhatRunsWhatIsDeadAndWhatIsUnknown() {
        bench.send(task("running"), task("dead"), task("delayed").after(WINDOW));
        List<Delivery.Task> taken = bench.take(2);
        bench.kill(taken.get(1));

        assertThat(bench.driver.cancel("orders", "running")).isFalse();
        assertThat(bench.driver.cancel("orders", "dead")).isFalse();
        assertThat(bench.driver.cancel("orders", "unknown")).isFalse();
        assertThat(bench.driver.cancel("orders", "delayed")).isTrue();
        assertThat(bench.driver.cancel("orders", "delayed")).isFalse();
        assertThat(bench.counts()).containsExactly(0L, 0L, 1L, 1L);
    }

    @Test
    void theSameTaskSentAgainIsAcceptedOnceInEveryState() {
        Sample sample = task("a").dedup("click", WINDOW);
        assertThat(bench.send(sample, sample)).containsOnly(SendResult.ACCEPTED);
        Delivery.Task running = bench.takeOne();
        assertThat(bench.sendOne(sample)).isEqualTo(SendResult.ACCEPTED);
        bench.kill(running);
        assertThat(bench.sendOne(sample)).isEqualTo(SendResult.ACCEPTED);

        assertThat(bench.counts()).containsExactly(0L, 0L, 0L, 1L);
    }

    @Test
    void theSameTaskSentAgainAfterItWasDoneIsNotADuplicateOfItself() {
        Sample sample = task("a").dedup("click", WINDOW);
        bench.send(sample);
        bench.ack(bench.takeOne());

        assertThat(bench.sendOne(sample)).isEqualTo(SendResult.ACCEPTED);
        assertThat(bench.counts()).containsExactly(0L, 0L, 0L, 0L);
    }

    @Test
    void aDeduplicationIdIsRememberedFromAcceptanceThroughRetriesAndCompletion() {
        Duplicate ofFirst = new Duplicate(Optional.of("first"));
        bench.send(task("first").dedup("click", WINDOW));
        bench.later(bench.takeOne(), Duration.ofMinutes(4));
        assertThat(bench.sendOne(task("second").dedup("click", WINDOW))).isEqualTo(ofFirst);

        bench.time.advance(Duration.ofMinutes(4));
        bench.ack(bench.takeOne());
        assertThat(bench.sendOne(task("third").dedup("click", WINDOW))).isEqualTo(ofFirst);

        bench.time.advance(Duration.ofMinutes(1));
        assertThat(bench.sendOne(task("fourth").dedup("click", WINDOW))).isEqualTo(SendResult.ACCEPTED);
    }

    @Test
    void theSameDeduplicationIdOnAnotherTopicIsAnotherId() {
        bench.send(task("a").dedup("click", WINDOW));

        assertThat(bench.sendOne(task("b").topic("mails").dedup("click", WINDOW)))
                .isEqualTo(SendResult.ACCEPTED);
    }

    @Test
    void cancelAndPurgeFreeTheDeduplicationId() {
        bench.send(task("a").dedup("click", WINDOW));
        bench.driver.cancel("orders", "a");
        assertThat(bench.sendOne(task("b").dedup("click", WINDOW))).isEqualTo(SendResult.ACCEPTED);

        assertThat(bench.driver.purge("orders", Scope.READY)).isEqualTo(1);
        assertThat(bench.sendOne(task("c").dedup("click", WINDOW))).isEqualTo(SendResult.ACCEPTED);
    }

    @Test
    void cancellingATaskDoesNotFreeAnIdThatAnotherTaskHasByNow() {
        bench.send(task("a").dedup("click", WINDOW).after(Duration.ofHours(1)));
        bench.time.advance(WINDOW);
        bench.send(task("b").dedup("click", WINDOW).after(Duration.ofHours(1)));

        bench.driver.cancel("orders", "a");

        assertThat(bench.sendOne(task("c").dedup("click", WINDOW))).isEqualTo(new Duplicate(Optional.of("b")));
    }

    @Test
    void oneReceiveReturnsNoMoreBytesThanItMayUnlessOneTaskIsLarger() {
        InMemoryReceiver small = Bench.receiver(bench.driver, 1_000, 100);
        bench.send(
                task("a").bytes(60),
                task("b").bytes(40),
                task("c").bytes(1),
                task("d").bytes(500));

        assertThat(Bench.take(small, 9)).extracting(t -> t.envelope().taskId()).containsExactly("a", "b");
        assertThat(Bench.take(small, 9)).extracting(t -> t.envelope().taskId()).containsExactly("c");
        assertThat(Bench.take(small, 9)).extracting(t -> t.envelope().taskId()).containsExactly("d");
    }

    @Test
    void aReceiverNeverHoldsMoreThanItsMostUnsettled() {
        InMemoryReceiver narrow = Bench.receiver(bench.driver, 2, 1 << 20);
        bench.send(task("a"), task("b"), task("c"), task("d"));
        List<Delivery.Task> held = Bench.take(narrow, 9);
        assertThat(held).hasSize(2);
        assertThat(Bench.take(narrow, 9)).isEmpty();

        narrow.settle(List.of(new Settlement.Ack(held.get(0))));
        assertThat(Bench.take(narrow, 9)).hasSize(1);

        bench.time.advance(Bench.LEASE);
        assertThat(Bench.take(narrow, 9)).extracting(t -> t.envelope().taskId()).containsExactly("b", "c");
    }

    @Test
    void higherPrioritiesGoFirstAndOnePickInSixteenGoesLower() {
        for (int i = 0; i < 30; i++) {
            bench.send(task("low" + i), task("high" + i).priority(9));
        }

        List<String> order = bench.takeIds(32);

        assertThat(order).filteredOn(id -> id.startsWith("low")).containsExactly("low0", "low1");
        assertThat(order.subList(0, 15)).allMatch(id -> id.startsWith("high"));
    }

    @Test
    void tasksThatBecomeDueQueueUpInOrderOfTheirTimeNotOfTheirAcceptance() {
        bench.send(task("late").after(Duration.ofSeconds(20)), task("soon").after(Duration.ofSeconds(10)));
        bench.time.advance(Duration.ofSeconds(15));
        bench.send(task("now"));
        bench.time.advance(Duration.ofSeconds(5));

        assertThat(bench.takeIds(9)).containsExactly("soon", "now", "late");
    }

    @Test
    void theOldestReadyTaskIsTheOneThatHasBeenDueForLongest() {
        assertThat(bench.driver.stats("orders").oldestReady()).isEmpty();
        bench.send(task("delayed").after(Duration.ofSeconds(10)).priority(9));
        bench.time.advance(Duration.ofSeconds(12));
        bench.send(task("now"));
        bench.time.advance(Duration.ofSeconds(1));

        assertThat(bench.driver.stats("orders").oldestReady()).contains(Duration.ofSeconds(3));
    }

    @Test
    void aSecondSettlementOfOneDeliveryIsStale() {
        bench.send(task("a"));
        Delivery.Task task = bench.takeOne();

        assertThat(bench.later(task, Duration.ZERO)).isEqualTo(Outcome.DONE);
        assertThat(bench.ack(task)).isEqualTo(Outcome.STALE);
        assertThat(bench.counts()).containsExactly(1L, 0L, 0L, 0L);
    }

    @Test
    void anEndedLeaseIsRefusedEvenIfNobodyElseHasTakenTheTask() {
        bench.send(task("a"));
        Delivery.Task task = bench.takeOne();
        bench.time.advance(Bench.LEASE);

        assertThat(bench.ack(task)).isEqualTo(Outcome.STALE);
        assertThat(bench.receiver.extend(List.of(task))).containsExactly(task);
        assertThat(bench.counts()).containsExactly(1L, 0L, 0L, 0L);
    }

    @Test
    void theFenceHoldsAgainstAnEarlierHolderOfATaskThatRunsAgain() {
        bench.send(task("a"));
        Delivery.Task first = bench.takeOne();
        bench.time.advance(Bench.LEASE);
        Delivery.Task second = bench.takeOne();

        assertThat(bench.kill(first)).isEqualTo(Outcome.STALE);
        assertThat(bench.release(first)).isEqualTo(Outcome.STALE);
        assertThat(bench.receiver.extend(List.of(first, second))).containsExactly(first);
        assertThat(bench.ack(second)).isEqualTo(Outcome.DONE);
    }

    @Test
    void theFenceHoldsAgainstALeaseOfAnEarlierTaskWithTheSameId() {
        bench.send(task("a"));
        Delivery.Task first = bench.takeOne();
        bench.ack(first);
        bench.send(task("a"));
        bench.takeOne();

        assertThat(bench.ack(first)).isEqualTo(Outcome.STALE);
        assertThat(bench.counts()).containsExactly(0L, 0L, 1L, 0L);
    }

    @Test
    void aLeaseThatIsExtendedLastsFromThen() {
        bench.send(task("a"));
        Delivery.Task task = bench.takeOne();
        bench.time.advance(Duration.ofSeconds(20));
        assertThat(bench.receiver.extend(List.of(task))).isEmpty();
        bench.time.advance(Duration.ofSeconds(29));

        assertThat(bench.ack(task)).isEqualTo(Outcome.DONE);
    }

    @Test
    void purgeOfTheWaitingLeavesWhatRunsAndWhatIsDead() {
        bench.send(task("running"), task("dead"), task("ready"), task("delayed").after(WINDOW));
        List<Delivery.Task> taken = bench.take(2);
        bench.kill(taken.get(1));

        assertThat(bench.driver.purge("orders", Scope.READY)).isEqualTo(2);
        assertThat(bench.counts()).containsExactly(0L, 0L, 1L, 1L);
        assertThat(bench.driver.purge("orders", Scope.DEAD)).isEqualTo(1);
        assertThat(bench.ack(taken.get(0))).isEqualTo(Outcome.DONE);
        assertThat(bench.broker.capacity().tasks()).isZero();
    }

    @Test
    void aResultIsNeverMixedUpBetweenTopicsInOneBatch() {
        bench.send(task("a"), task("a").topic("mails"), task("b"));

        assertThat(bench.takeIds(9)).containsExactly("a", "b");
        assertThat(bench.driver.stats("mails").ready()).hasValue(1);
    }
}
