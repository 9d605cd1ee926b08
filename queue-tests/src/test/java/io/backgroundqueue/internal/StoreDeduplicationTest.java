package io.backgroundqueue.internal;

import static io.backgroundqueue.internal.SendBench.error;
import static io.backgroundqueue.internal.SendBench.receipt;
import static io.backgroundqueue.spi.SampleTask.task;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.EnqueueReceipt.Status;
import io.backgroundqueue.Feature;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.Support;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.SendResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The protocol of deduplication through a store, row by row. */
class StoreDeduplicationTest {
    private static final String KEY = "bq:dedup:orders:click";
    private static final Duration WINDOW = Duration.ofMinutes(5);
    private static final Duration CLAIM = SendBench.TIMEOUT.plusSeconds(30);
    private static final Duration POLL = Duration.ofMillis(20);

    private final Bench bench = new Bench();
    private final ScriptedStore store = new ScriptedStore(bench);
    private final SendBench send = sendBench();

    private SendBench sendBench() {
        bench.driver.capabilities = Capable.ofAll().with(Feature.DEDUPLICATION, Support.withStore());
        bench.options(builder -> builder.store(store));
        return new SendBench(bench);
    }

    @Test
    void anIdIsClaimedBeforeTheSendAndConfirmedForTheWindowAfterIt() {
        bench.driver.sending = (batch, timeout) -> {
            assertThat(value()).isEqualTo("P|a");
            return ScriptedDriver.all(batch, SendResult.ACCEPTED);
        };
        PendingSend pending = add("a");
        send.turn();

        assertThat(receipt(pending).status()).isEqualTo(Status.ACCEPTED);
        assertThat(value()).isEqualTo("C|a");
        bench.time.advance(WINDOW.minusNanos(1));
        assertThat(value()).isEqualTo("C|a");
        bench.time.advance(Duration.ofNanos(1));
        assertThat(value()).isNull();
    }

    @Test
    void aClaimLivesAsLongAsTheCallerWaitsAndThirtySeconds() {
        failing(ErrorClass.OUTCOME_UNKNOWN);
        add("a");
        send.turn();
        bench.time.advance(CLAIM.minusNanos(1));
        assertThat(value()).isEqualTo("P|a");
        bench.time.advance(Duration.ofNanos(1));

        assertThat(value()).isNull();
    }

    @Test
    void aConfirmedIdOfAnotherIsADuplicateThatIsNeverSent() {
        store.entries().putIfAbsent(KEY, "C|first", WINDOW);
        PendingSend pending = add("a");
        send.turn();

        assertThat(receipt(pending).status()).isEqualTo(Status.DUPLICATE);
        assertThat(receipt(pending).duplicateOf()).contains("first");
        assertThat(bench.driver.sent()).isEmpty();
        assertThat(value()).isEqualTo("C|first");
    }

    @Test
    void aClaimOfAnotherIsWaitedForAndEndsAsADuplicateOnceItIsConfirmed() {
        store.entries().putIfAbsent(KEY, "P|first", CLAIM);
        PendingSend pending = add("a");
        for (int poll = 0; poll < 5; poll++) {
            send.turn();
            assertThat(pending.answer).isNotDone();
            bench.time.advance(POLL);
        }
        store.entries().compareAndSet(KEY, "P|first", "C|first", WINDOW);
        send.turn();

        assertThat(receipt(pending).duplicateOf()).contains("first");
        assertThat(bench.driver.sent()).isEmpty();
    }

    @Test
    void aClaimOfAnotherThatIsGivenUpIsTakenOver() {
        store.entries().putIfAbsent(KEY, "P|first", CLAIM);
        PendingSend pending = add("a");
        send.turn();
        store.entries().compareAndDelete(KEY, "P|first");
        bench.time.advance(POLL);
        send.turn();

        assertThat(receipt(pending).status()).isEqualTo(Status.ACCEPTED);
        assertThat(value()).isEqualTo("C|a");
    }

    @Test
    void aClaimOfAnotherThatStaysMakesTheTaskUnavailableAndNeverADuplicate() {
        store.entries().putIfAbsent(KEY, "P|first", Duration.ofHours(1));
        PendingSend pending = add("a");
        send.turn();
        bench.time.advance(SendBench.TIMEOUT);
        send.deadlines();

        assertThat(error(pending).kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(error(pending)).hasMessageContainingAll("task first", "'click'", "surely not stored");
        assertThat(bench.driver.sent()).isEmpty();
        assertThat(value()).isEqualTo("P|first");
    }

    @Test
    void whatWaitsForAClaimHoldsUpNothing() {
        store.entries().putIfAbsent(KEY, "P|first", CLAIM);
        add("a");
        send.turn();
        PendingSend free = send.add("without an id");
        PendingSend other = send.add(task("b").dedup("another click", WINDOW), false);
        send.turn();

        assertThat(receipt(free).status()).isEqualTo(Status.ACCEPTED);
        assertThat(receipt(other).status()).isEqualTo(Status.ACCEPTED);
    }

    @ParameterizedTest
    @EnumSource(Found.class)
    void itsOwnIdIsTheSameCallRepeatedAndGoesOn(Found found) {
        store.entries().putIfAbsent(KEY, found + "|a", CLAIM);
        PendingSend pending = add("a");
        send.turn();

        assertThat(receipt(pending).status()).isEqualTo(Status.ACCEPTED);
        assertThat(bench.driver.sent()).containsExactly(List.of("a"));
        assertThat(value()).isEqualTo("C|a");
        assertThat(bench.told(TaskEvent.DeduplicationUncertain.class)).isEmpty();
    }

    enum Found {
        P,
        C
    }

    @Test
    void twoOfOneBatchAreOneTaskAndOneDuplicate() {
        PendingSend first = add("a");
        PendingSend second = add("b");
        send.turn();
        assertThat(second.answer).isNotDone();
        bench.time.advance(POLL);
        send.turn();

        assertThat(receipt(first).status()).isEqualTo(Status.ACCEPTED);
        assertThat(receipt(second).duplicateOf()).contains("a");
        assertThat(bench.driver.sent()).containsExactly(List.of("a"));
    }

    @Test
    void aConfirmationThatComesTooLateIsAcceptedWithAnEvent() {
        bench.driver.sending = (batch, timeout) -> {
            bench.time.advance(CLAIM);
            store.entries().putIfAbsent(KEY, "P|another", CLAIM);
            return ScriptedDriver.all(batch, SendResult.ACCEPTED);
        };
        PendingSend pending = add("a");
        send.turn();

        assertThat(receipt(pending).status()).isEqualTo(Status.ACCEPTED);
        assertThat(bench.told(TaskEvent.DeduplicationUncertain.class))
                .containsExactly(new TaskEvent.DeduplicationUncertain("orders", "a", "click"));
        assertThat(value()).isEqualTo("P|another");
    }

    @Test
    void aStoreThatIsAwayAtTheConfirmationCostsNoTask() {
        store.fault = (operation, key) -> failWhen(operation.equals("set"));
        PendingSend pending = add("a");
        send.turn();

        assertThat(receipt(pending).status()).isEqualTo(Status.ACCEPTED);
        assertThat(bench.told(TaskEvent.DeduplicationUncertain.class)).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(
            value = ErrorClass.class,
            names = {"TRANSIENT", "THROTTLED", "REFUSED", "MISCONFIGURED", "CLOSED"})
    void whatSurelyWasNotStoredFreesItsIdAtOnce(ErrorClass errorClass) {
        failing(errorClass);
        add("a");
        send.turn();

        assertThat(value()).isNull();
        assertThat(store.calls.all()).contains("delete " + KEY);
    }

    @Test
    void aTaskThatIsTriedAgainClaimsAgain() {
        failing(ErrorClass.TRANSIENT);
        PendingSend pending = add("a");
        send.turn();
        bench.driver.sending = (batch, timeout) -> ScriptedDriver.all(batch, SendResult.ACCEPTED);
        bench.time.advance(POLL);
        send.turn();

        assertThat(receipt(pending).status()).isEqualTo(Status.ACCEPTED);
        assertThat(value()).isEqualTo("C|a");
    }

    @Test
    void anUnknownOutcomeLeavesTheClaimAndLaterOnesCannotFreeIt() {
        failing(ErrorClass.OUTCOME_UNKNOWN);
        add("a");
        send.turn();
        failing(ErrorClass.TRANSIENT);
        bench.time.advance(POLL);
        send.turn();

        assertThat(value()).isEqualTo("P|a");
        assertThat(store.calls.all()).doesNotContain("delete " + KEY);
    }

    @Test
    void anUnknownOutcomeThatWorksAtTheSecondTryIsConfirmed() {
        failing(ErrorClass.OUTCOME_UNKNOWN);
        PendingSend pending = add("a");
        send.turn();
        bench.driver.sending = (batch, timeout) -> ScriptedDriver.all(batch, SendResult.ACCEPTED);
        bench.time.advance(POLL);
        send.turn();

        assertThat(receipt(pending).status()).isEqualTo(Status.ACCEPTED);
        assertThat(value()).isEqualTo("C|a");
    }

    @Test
    void aStoreThatIsAwayIsAskedAgainAndNothingIsSentMeanwhile() {
        store.fault = (operation, key) -> failWhen(true);
        PendingSend pending = add("a");
        send.turn();
        assertThat(bench.driver.sent()).isEmpty();
        store.fault = (operation, key) -> {};
        bench.time.advance(POLL);
        send.turn();

        assertThat(receipt(pending).status()).isEqualTo(Status.ACCEPTED);
    }

    @Test
    void aStoreThatStaysAwayMakesTheTaskUnavailable() {
        store.fault = (operation, key) -> failWhen(true);
        PendingSend pending = add("a");
        send.turn();
        bench.time.advance(SendBench.TIMEOUT);
        send.deadlines();

        assertThat(error(pending).kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(error(pending)).hasMessageContaining("the store is away");
    }

    @Test
    void aClaimWhoseAnswerWasLostIsFoundAgain() {
        AtomicInteger gets = new AtomicInteger();
        store.entries().putIfAbsent("bq:dedup:orders:other", "C|first", WINDOW);
        store.fault = (operation, key) -> failWhen(operation.equals("get") && gets.incrementAndGet() == 1);
        PendingSend mine = add("a");
        PendingSend other = send.add(task("b").dedup("other", WINDOW), false);
        send.turn();
        assertThat(value()).isEqualTo("P|a");
        assertThat(mine.answer).isNotDone();
        bench.time.advance(POLL);
        send.turn();

        assertThat(receipt(mine).status()).isEqualTo(Status.ACCEPTED);
        assertThat(receipt(other).duplicateOf()).contains("first");
    }

    @Test
    void tasksWithoutAnIdNeverTouchTheStore() {
        store.fault = (operation, key) -> failWhen(true);
        PendingSend pending = send.add("a");
        send.turn();

        assertThat(receipt(pending).status()).isEqualTo(Status.ACCEPTED);
        assertThat(store.calls.all()).isEmpty();
    }

    @Test
    void theSameIdOnAnotherTopicIsAnotherId() {
        PendingSend first = add("a");
        PendingSend second = send.add(task("b").topic("mails").dedup("click", WINDOW), false);
        send.turn();

        assertThat(receipt(first).status()).isEqualTo(Status.ACCEPTED);
        assertThat(receipt(second).status()).isEqualTo(Status.ACCEPTED);
    }

    @Test
    void ofManyProducersAtMostOneIsAcceptedPerWindow() {
        List<SendBench> producers = new ArrayList<>(List.of(send));
        for (int i = 0; i < 4; i++) {
            Bench another = new Bench();
            another.driver.capabilities = bench.driver.capabilities;
            another.options(builder -> builder.store(store).time(bench.time));
            producers.add(new SendBench(another));
        }
        List<PendingSend> all = new ArrayList<>();
        for (SendBench producer : producers) {
            all.add(producer.add(task("task-" + all.size()).dedup("click", WINDOW), false));
        }
        for (int round = 0; round < 3; round++) {
            producers.forEach(SendBench::turn);
            bench.time.advance(POLL);
        }

        assertThat(all.stream().map(SendBench::receipt).filter(one -> !one.duplicate()))
                .hasSize(1);
    }

    private void failing(ErrorClass errorClass) {
        bench.driver.sending = (batch, timeout) -> {
            throw new BackendError(errorClass, "try " + errorClass);
        };
    }

    private static void failWhen(boolean now) {
        if (now) {
            throw new QueueException(Kind.UNAVAILABLE, "the store is away");
        }
    }

    private PendingSend add(String id) {
        return send.add(task(id).dedup("click", WINDOW), false);
    }

    private String value() {
        return store.entries().get(KEY).orElse(null);
    }
}
