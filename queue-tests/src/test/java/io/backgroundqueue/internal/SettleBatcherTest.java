package io.backgroundqueue.internal;

import static io.backgroundqueue.internal.Deliveries.fresh;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Capabilities.LeaseKind;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Settlement;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How verdicts are stored; every turn is taken by hand. */
class SettleBatcherTest {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration RETRY = Duration.ofMillis(200);

    private final Bench bench = new Bench();

    @Test
    void verdictsAreStoredTogetherAndToldAfterwards() {
        WorkerBench worker = new WorkerBench(bench);
        worker.receiver.settling = batch -> {
            assertThat(bench.events.all()).isEmpty();
            return ScriptedReceiver.all(batch, Outcome.DONE);
        };
        Delivery.Task a = fresh("a");
        Delivery.Task b = fresh("b");
        worker.done(a);
        worker.done(b);

        assertThat(worker.settle()).isEqualTo(Duration.ZERO);
        assertThat(worker.receiver.settled.all())
                .containsExactly(List.of(new Settlement.Ack(a), new Settlement.Ack(b)));
        assertThat(bench.told(TaskEvent.Completed.class))
                .extracting(TaskEvent.Completed::taskId)
                .containsExactly("a", "b");
        assertThat(worker.settler.held()).isEmpty();
        assertThat(worker.settler.finished()).isEqualTo(2);
        assertThat(worker.freed.get()).isPositive();
        assertThat(worker.settle()).isEqualTo(HOUR);
    }

    @Test
    void atMostFiveHundredAreStoredAtATime() {
        WorkerBench worker = new WorkerBench(bench);
        for (int i = 0; i < 1_100; i++) {
            worker.done(fresh("task-" + i));
        }
        worker.settle();
        worker.settle();
        worker.settle();

        assertThat(worker.receiver.settled.all()).extracting(List::size).containsExactly(500, 500, 100);
    }

    @Test
    void whatFailsWaitsAsideAndHoldsUpNothingBehindIt() {
        WorkerBench worker = new WorkerBench(bench);
        worker.receiver.settling = batch -> batch.stream()
                .<Outcome>map(settlement -> isOf(settlement, "sick") ? failed(ErrorClass.TRANSIENT) : Outcome.DONE)
                .toList();
        worker.done(fresh("sick"));
        worker.done(fresh("a"));
        worker.settle();
        worker.done(fresh("b"));
        worker.settle();

        assertThat(worker.settler.finished()).isEqualTo(2);
        assertThat(worker.settle()).isEqualTo(RETRY);
        assertThat(bench.told(TaskEvent.SettleFailed.class)).hasSize(1);
        assertThat(worker.settler.held()).hasSize(1);
        worker.receiver.settling = batch -> ScriptedReceiver.all(batch, Outcome.DONE);
        bench.time.advance(RETRY);
        worker.settle();
        assertThat(worker.settler.finished()).isEqualTo(3);
        assertThat(worker.settler.held()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = ErrorClass.class,
            names = {"TRANSIENT", "THROTTLED", "MISCONFIGURED"})
    void whatChangedNothingIsRepeatedForEverAndItsLeaseKept(ErrorClass errorClass) {
        WorkerBench worker = new WorkerBench(bench);
        worker.receiver.settling = batch -> {
            throw new BackendError(errorClass, "away");
        };
        TaskRun<String> run = worker.done(fresh("a"));
        for (int i = 0; i < 100; i++) {
            worker.settle();
            bench.time.advance(RETRY);
        }

        assertThat(worker.receiver.settled.all()).hasSize(100);
        assertThat(worker.settler.held()).containsExactly(run);
        assertThat(bench.told(TaskEvent.SettleFailed.class)).allMatch(TaskEvent.SettleFailed::triedAgain);
        assertThat(bench.told(TaskEvent.Completed.class)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = ErrorClass.class,
            names = {"REFUSED", "CLOSED"})
    void whatWillNeverBeStoredIsLeftToItsLease(ErrorClass errorClass) {
        WorkerBench worker = new WorkerBench(bench);
        worker.receiver.settling = batch -> {
            throw new BackendError(errorClass, "never");
        };
        worker.done(fresh("a"));
        worker.settle();
        bench.time.advance(HOUR);
        worker.settle();

        assertThat(worker.receiver.settled.all()).hasSize(1);
        assertThat(worker.settler.held()).isEmpty();
        assertThat(worker.settler.finished()).isZero();
        assertThat(bench.told(TaskEvent.SettleFailed.class)).noneMatch(TaskEvent.SettleFailed::triedAgain);
    }

    @Test
    void aStaleSettlementIsALostLeaseAndNothingIsTold() {
        WorkerBench worker = new WorkerBench(bench);
        worker.receiver.settling = batch -> ScriptedReceiver.all(batch, Outcome.STALE);
        TaskRun<String> run = worker.done(fresh("a"));
        worker.settle();

        assertThat(run.isLost()).isTrue();
        assertThat(worker.settler.held()).isEmpty();
        assertThat(worker.settler.finished()).isZero();
        assertThat(bench.events.all()).containsExactly(new TaskEvent.LeaseLost("orders", "a"));
    }

    @Test
    void aLeaseThatIsKnownToBeLostIsNeverSettled() {
        WorkerBench worker = new WorkerBench(bench);
        TaskRun<String> run = worker.done(fresh("a"));
        worker.done(fresh("b"));
        run.leaseLost();
        worker.settle();

        assertThat(worker.receiver.settlements()).allMatch(settlement -> isOf(settlement, "b"));
        assertThat(worker.settler.held()).isEmpty();
        assertThat(worker.settler.finished()).isEqualTo(1);
    }

    @Test
    void aLeaseThatIsLostWhileItsVerdictWaitsAsideIsNotSettledAgain() {
        WorkerBench worker = new WorkerBench(bench);
        worker.receiver.settling = batch -> ScriptedReceiver.all(batch, failed(ErrorClass.TRANSIENT));
        TaskRun<String> run = worker.done(fresh("a"));
        worker.settle();
        run.leaseLost();
        bench.time.advance(RETRY);
        worker.settle();

        assertThat(worker.receiver.settled.all()).hasSize(1);
        assertThat(worker.settler.held()).isEmpty();
    }

    @Test
    void afterAnUnknownOutcomeStaleMeansThatItWasStoredTheFirstTime() {
        WorkerBench worker = new WorkerBench(bench);
        worker.receiver.settling = batch -> ScriptedReceiver.all(batch, failed(ErrorClass.OUTCOME_UNKNOWN));
        TaskRun<String> run = worker.done(fresh("a"));
        worker.settle();
        worker.receiver.settling = batch -> ScriptedReceiver.all(batch, Outcome.STALE);
        bench.time.advance(RETRY);
        worker.settle();

        assertThat(run.isLost()).isFalse();
        assertThat(bench.told(TaskEvent.Completed.class)).hasSize(1);
        assertThat(bench.told(TaskEvent.LeaseLost.class)).isEmpty();
        assertThat(worker.settler.finished()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        "true, Ack, true",
        "true, Later, true",
        "true, Dead, true",
        "true, Release, true",
        "false, Ack, true",
        "false, Later, false",
        "false, Dead, false",
        "false, Release, true"
    })
    void anUnknownOutcomeIsRepeatedOnlyWhereThatMakesNoSecondCopy(boolean fenced, String kind, boolean repeated) {
        bench.driver.capabilities = fenced ? Capable.ofAll() : Capable.checking(LeaseKind.CONNECTION);
        WorkerBench worker = new WorkerBench(bench);
        worker.receiver.settling = batch -> ScriptedReceiver.all(batch, failed(ErrorClass.OUTCOME_UNKNOWN));
        Delivery.Task task = fresh("a");
        worker.settler.add(worker.hold(task), verdict(worker, kind, task));
        worker.settle();
        bench.time.advance(RETRY);
        worker.settle();

        assertThat(worker.receiver.settled.all()).hasSize(repeated ? 2 : 1);
        assertThat(worker.settler.held()).hasSize(repeated ? 1 : 0);
        assertThat(bench.told(TaskEvent.SettleFailed.class).get(0).triedAgain()).isEqualTo(repeated);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3})
    void aWrongNumberOfOutcomesTellsNothingAboutAnyOfThem(int count) {
        WorkerBench worker = new WorkerBench(bench);
        worker.receiver.settling = batch -> Collections.nCopies(count, Outcome.DONE);
        worker.done(fresh("a"));
        worker.done(fresh("b"));
        worker.settle();

        assertThat(worker.settler.finished()).isZero();
        assertThat(worker.settler.held()).hasSize(2);
        assertThat(bench.told(TaskEvent.SettleFailed.class))
                .hasSize(2)
                .allSatisfy(
                        told -> assertThat(told.error()).hasMessageContaining(count + " outcomes for a batch of 2"));
    }

    @Test
    void anErrorOfTheDriverIsAFailureOfTheWholeBatch() {
        WorkerBench worker = new WorkerBench(bench);
        worker.receiver.settling = batch -> {
            throw new NoClassDefFoundError("a client class");
        };
        worker.done(fresh("a"));
        worker.settle();

        assertThat(worker.settler.held()).hasSize(1);
        assertThat(bench.told(TaskEvent.SettleFailed.class)).hasSize(1);
    }

    @Test
    void whatIsHeldBackIsStoredWhenItsTimeHasComeOrWhenThereIsAHurry() {
        WorkerBench worker = new WorkerBench(bench);
        Delivery.TooNew newer = Deliveries.tooNew();
        worker.settler.add(
                worker.hold(newer), worker.parts.verdicts().beforeRun(newer).orElseThrow());
        assertThat(worker.settle()).isEqualTo(Duration.ofSeconds(5));
        assertThat(worker.receiver.settled.all()).isEmpty();
        bench.time.advance(Duration.ofSeconds(5));
        worker.settle();
        assertThat(worker.receiver.settlements()).containsExactly(new Settlement.Release(newer));
        assertThat(worker.settler.released()).isEqualTo(1);

        worker.settler.add(
                worker.hold(newer), worker.parts.verdicts().beforeRun(newer).orElseThrow());
        worker.settler.hurry();
        worker.settle();
        assertThat(worker.receiver.settlements()).hasSize(2);
    }

    @Test
    void aVerdictThatIsStoredFreesItsPlaceAndOneThatIsNotDoesNot() {
        WorkerBench worker = new WorkerBench(bench);
        worker.receiver.settling = batch -> ScriptedReceiver.all(batch, failed(ErrorClass.TRANSIENT));
        for (int i = 0; i < 510; i++) {
            worker.done(fresh("task-" + i));
            worker.slots.ended();
        }
        assertThat(worker.slots.free()).isZero();
        worker.settle();
        worker.settle();
        assertThat(worker.slots.free()).isZero();
        worker.receiver.settling = batch -> ScriptedReceiver.all(batch, Outcome.DONE);
        bench.time.advance(RETRY);
        worker.settle();
        worker.settle();

        assertThat(worker.slots.free()).isEqualTo(10);
    }

    private static Verdict verdict(WorkerBench worker, String kind, Delivery.Task task) {
        Verdicts verdicts = worker.parts.verdicts();
        return switch (kind) {
            case "Ack" -> verdicts.done(task, Duration.ZERO);
            case "Later" -> verdicts.failed(task, new IOException("x"), Duration.ZERO);
            case "Dead" -> verdicts.undecodable(task, new IOException("x"));
            default -> verdicts.released(task);
        };
    }

    private static Outcome failed(ErrorClass errorClass) {
        return new Outcome.Failed(new BackendError(errorClass, "try " + errorClass));
    }

    private static boolean isOf(Settlement settlement, String id) {
        return settlement.delivery() instanceof Delivery.Task task
                && task.envelope().taskId().equals(id);
    }
}
