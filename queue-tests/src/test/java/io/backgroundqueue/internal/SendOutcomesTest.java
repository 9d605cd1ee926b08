package io.backgroundqueue.internal;

import static io.backgroundqueue.internal.SendBench.error;
import static io.backgroundqueue.internal.SendBench.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.EnqueueReceipt.Status;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.SendResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of a task that the backend did not simply take. */
class SendOutcomesTest {
    private static final SendResult DUPLICATE_OF_SOME = new SendResult.Duplicate(Optional.empty());

    private final Bench bench = new Bench();
    private final SendBench send = new SendBench(bench);

    @Test
    void aTransientErrorIsRepeatedWithTheSameIdAfterGrowingPauses() {
        List<Duration> times = new ArrayList<>();
        bench.driver.sending = (batch, timeout) -> {
            times.add(Duration.between(Bench.START, bench.time.now()));
            throw new BackendError(ErrorClass.TRANSIENT, "away");
        };
        send.add("a");
        while (times.size() < 10) {
            Duration rest = send.turn();
            bench.time.advance(rest.compareTo(Duration.ofHours(1)) < 0 ? rest : Duration.ZERO);
        }

        assertThat(bench.driver.sent()).containsOnly(List.of("a"));
        List<Long> pauses = new ArrayList<>();
        for (int i = 1; i < times.size(); i++) {
            pauses.add(times.get(i).minus(times.get(i - 1)).toMillis());
        }
        assertThat(pauses).containsExactly(20L, 40L, 80L, 160L, 320L, 640L, 1_000L, 1_000L, 1_000L);
    }

    @Test
    void whatWaitsForItsNextTryHoldsUpNothing() {
        failOnce(ErrorClass.TRANSIENT);
        PendingSend first = send.add("first");
        send.turn();
        PendingSend second = send.add("second");
        send.turn();

        assertThat(receipt(second).taskId()).isEqualTo("second");
        assertThat(first.answer).isNotDone();
        bench.time.advance(Duration.ofMillis(20));
        send.turn();
        assertThat(receipt(first).taskId()).isEqualTo("first");
    }

    @ParameterizedTest
    @EnumSource(
            value = ErrorClass.class,
            names = {"TRANSIENT", "THROTTLED", "OUTCOME_UNKNOWN"})
    void whatMayWorkInAMomentIsTriedAgain(ErrorClass errorClass) {
        failOnce(errorClass);
        PendingSend pending = send.add("a");
        send.turn();
        assertThat(pending.answer).isNotDone();
        bench.time.advance(Duration.ofSeconds(1));
        send.turn();

        assertThat(receipt(pending).status()).isEqualTo(Status.ACCEPTED);
        assertThat(bench.told(TaskEvent.EnqueueFailed.class)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"REFUSED, INVALID", "MISCONFIGURED, MISCONFIGURED", "CLOSED, CLOSED"})
    void whatWillNeverWorkIsAnsweredAtOnceWithTheTaskAndTheCause(ErrorClass errorClass, Kind kind) {
        BackendError cause = new BackendError(errorClass, "no such exchange");
        bench.driver.sending = (batch, timeout) -> {
            throw cause;
        };
        PendingSend pending = send.add("a");
        send.turn();

        QueueException error = error(pending);
        assertThat(error.kind()).isEqualTo(kind);
        assertThat(error.taskId()).contains("a");
        assertThat(error)
                .hasMessageContainingAll("task a", "'orders'", "no such exchange (BackendError)")
                .hasCause(cause);
        assertThat(bench.told(TaskEvent.EnqueueFailed.class))
                .containsExactly(new TaskEvent.EnqueueFailed("orders", error));
    }

    @ParameterizedTest
    @EnumSource(
            value = ErrorClass.class,
            names = {"REFUSED", "MISCONFIGURED", "CLOSED"})
    void whatAnEarlierTryMayHaveStoredIsNotSaidToBeRefused(ErrorClass errorClass) {
        AtomicInteger tries = new AtomicInteger();
        bench.driver.sending = (batch, timeout) -> {
            throw new BackendError(tries.incrementAndGet() == 1 ? ErrorClass.OUTCOME_UNKNOWN : errorClass, "no right");
        };
        PendingSend pending = send.add("a");
        send.turn();
        bench.time.advance(Duration.ofSeconds(1));
        send.turn();

        QueueException error = error(pending);
        assertThat(tries).hasValue(2);
        assertThat(error.kind()).isEqualTo(Kind.OUTCOME_UNKNOWN);
        assertThat(error).hasMessageContainingAll("an earlier try", "no right", "may be stored");
    }

    @Test
    void everyTaskOfABatchGetsItsOwnAnswer() {
        bench.driver.sending = (batch, timeout) -> batch.size() == 1
                ? List.of(SendResult.ACCEPTED)
                : List.of(
                        SendResult.ACCEPTED,
                        new SendResult.Failed(ErrorClass.TRANSIENT, new Exception("copy failed")),
                        new SendResult.Failed(ErrorClass.REFUSED, new Exception("too large for this broker")),
                        new SendResult.Duplicate(Optional.of("first-one")));
        PendingSend accepted = send.add("a");
        PendingSend retried = send.add("b");
        PendingSend refused = send.add("c");
        PendingSend duplicate = send.add("d");
        send.turn();

        assertThat(receipt(accepted).status()).isEqualTo(Status.ACCEPTED);
        assertThat(error(refused)).hasMessageContaining("too large for this broker");
        assertThat(receipt(duplicate).duplicate()).isTrue();
        assertThat(receipt(duplicate).duplicateOf()).contains("first-one");
        assertThat(receipt(duplicate).taskId()).isEqualTo("d");
        assertThat(retried.answer).isNotDone();
        bench.time.advance(Duration.ofMillis(20));
        send.turn();
        assertThat(receipt(retried).status()).isEqualTo(Status.ACCEPTED);
        assertThat(bench.driver.sent()).containsExactly(List.of("a", "b", "c", "d"), List.of("b"));
    }

    @ParameterizedTest
    @CsvSource({"0", "1", "3"})
    void aWrongNumberOfResultsLeavesTheOutcomeUnknown(int count) {
        bench.driver.sending = (batch, timeout) -> Collections.nCopies(count, SendResult.ACCEPTED);
        PendingSend one = send.add("a");
        PendingSend two = send.add("b");
        send.turn();
        bench.time.advance(SendBench.TIMEOUT);
        send.deadlines();

        assertThat(error(one).kind()).isEqualTo(Kind.OUTCOME_UNKNOWN);
        assertThat(error(two)).hasMessageContaining(count + " results for 2 tasks");
    }

    @Test
    void anErrorOfTheDriverIsNoEndOfTheSender() {
        bench.driver.sending = (batch, timeout) -> {
            bench.driver.sending = (again, remaining) -> ScriptedDriver.all(again, SendResult.ACCEPTED);
            throw new NoClassDefFoundError("a client class");
        };
        PendingSend pending = send.add("a");
        assertThat(send.turn()).isEqualTo(Duration.ZERO);
        bench.time.advance(Duration.ofMillis(20));
        send.turn();

        assertThat(receipt(pending).status()).isEqualTo(Status.ACCEPTED);
    }

    @Test
    void aTaskNotYetSentAtItsDeadlineIsWithdrawn() {
        PendingSend pending = send.add("a");
        bench.time.advance(SendBench.TIMEOUT);
        send.deadlines();

        QueueException error = error(pending);
        assertThat(error.kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(error.taskId()).contains("a");
        assertThat(error).hasMessageContainingAll("Task a for 'orders'", "within PT10S", "surely not stored");
        send.turn();
        assertThat(bench.driver.sent()).isEmpty();
    }

    @Test
    void aTaskWhoseLastErrorWasTransientIsSurelyNotStored() {
        failAlways(ErrorClass.TRANSIENT);
        PendingSend pending = send.add("a");
        send.turn();
        bench.time.advance(SendBench.TIMEOUT);
        send.deadlines();

        assertThat(error(pending).kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(error(pending)).hasMessageContaining("The last error was: try TRANSIENT (BackendError)");
        assertThat(error(pending)).hasCauseInstanceOf(BackendError.class);
    }

    @Test
    void aBackendThatIsFullToTheEndMakesTheQueueOverloaded() {
        failAlways(ErrorClass.THROTTLED);
        PendingSend pending = send.add("a");
        send.turn();
        bench.time.advance(SendBench.TIMEOUT);
        send.deadlines();

        assertThat(error(pending).kind()).isEqualTo(Kind.OVERLOADED);
        assertThat(error(pending)).hasMessageContaining("the backend is full");
    }

    @Test
    void onceAnAnswerWasLostTheOutcomeStaysUnknownWhateverTheLaterErrorsSay() {
        failAlways(ErrorClass.OUTCOME_UNKNOWN);
        PendingSend pending = send.add("a");
        send.turn();
        failAlways(ErrorClass.TRANSIENT);
        bench.time.advance(Duration.ofMillis(20));
        send.turn();
        bench.time.advance(SendBench.TIMEOUT);
        send.deadlines();

        assertThat(error(pending).kind()).isEqualTo(Kind.OUTCOME_UNKNOWN);
        assertThat(error(pending).taskId()).contains("a");
        assertThat(error(pending)).hasMessageContaining("may be stored and run");
    }

    @Test
    void aTaskOnItsWayAtItsDeadlineFailsWithAnUnknownOutcomeAndALateAnswerChangesNothing() {
        bench.driver.sending = (batch, timeout) -> {
            bench.time.advance(SendBench.TIMEOUT);
            send.deadlines();
            return ScriptedDriver.all(batch, SendResult.ACCEPTED);
        };
        PendingSend pending = send.add("a");
        send.turn();

        assertThat(error(pending).kind()).isEqualTo(Kind.OUTCOME_UNKNOWN);
        assertThat(error(pending).taskId()).contains("a");
        assertThat(bench.events.all()).hasSize(1);
    }

    @Test
    void aTaskThatComesWhileOthersAreGivenUpHasItsDeadlineWatchedToo() {
        List<PendingSend> late = new ArrayList<>();
        AtomicReference<SendBench> batcher = new AtomicReference<>();
        Bench watched = new Bench()
                .options(options -> options.listener(event -> {
                    if (late.isEmpty() && event instanceof TaskEvent.EnqueueFailed) {
                        late.add(batcher.get().add("late"));
                    }
                }));
        SendBench sending = new SendBench(watched);
        batcher.set(sending);
        sending.add("a");
        sending.add("b");
        watched.time.advance(SendBench.TIMEOUT);
        int wakes = watched.loops.loop("deadlines").wakes;
        Duration pause = sending.deadlines();

        assertThat(late).hasSize(1);
        assertThat(pause.compareTo(SendBench.TIMEOUT) <= 0 || watched.loops.loop("deadlines").wakes > wakes)
                .as("somebody looks before the deadline of the late task")
                .isTrue();
    }

    @Test
    void everyCallerIsAnsweredAtItsOwnDeadlineWhateverTheOthersAreDoing() {
        List<PendingSend> later = new ArrayList<>();
        bench.driver.sending = (batch, timeout) -> {
            bench.time.advance(Duration.ofSeconds(4));
            later.add(send.add("later"));
            bench.time.advance(Duration.ofSeconds(6));
            assertThat(send.deadlines()).isEqualTo(Duration.ofSeconds(4));
            assertThat(later.get(0).answer).isNotDone();
            bench.time.advance(Duration.ofSeconds(4));
            assertThat(send.deadlines()).isEqualTo(Duration.ofHours(1));
            throw new BackendError(ErrorClass.TRANSIENT, "after a long hang");
        };
        PendingSend hanging = send.add("hanging");
        send.turn();

        assertThat(error(hanging).kind()).isEqualTo(Kind.OUTCOME_UNKNOWN);
        assertThat(error(later.get(0)).kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(send.turn()).isEqualTo(Duration.ofHours(1));
        assertThat(bench.driver.sent()).containsExactly(List.of("hanging"));
    }

    @Test
    void aDuplicateOfItselfAfterALostAnswerWasAccepted() {
        failOnce(ErrorClass.OUTCOME_UNKNOWN);
        PendingSend pending = send.add("a");
        send.turn();
        bench.driver.sending = (batch, timeout) -> ScriptedDriver.all(batch, DUPLICATE_OF_SOME);
        bench.time.advance(Duration.ofMillis(20));
        send.turn();
        assertThat(receipt(pending).status()).isEqualTo(Status.ACCEPTED);

        bench.driver.sending =
                (batch, timeout) -> ScriptedDriver.all(batch, new SendResult.Duplicate(Optional.of("b")));
        PendingSend named = send.add("b");
        send.turn();
        assertThat(receipt(named).status()).isEqualTo(Status.ACCEPTED);
    }

    @Test
    void aDuplicateOfAnotherIsADuplicateEvenAfterALostAnswer() {
        failOnce(ErrorClass.OUTCOME_UNKNOWN);
        PendingSend pending = send.add("a");
        send.turn();
        bench.driver.sending =
                (batch, timeout) -> ScriptedDriver.all(batch, new SendResult.Duplicate(Optional.of("another")));
        bench.time.advance(Duration.ofMillis(20));
        send.turn();

        assertThat(receipt(pending).duplicateOf()).contains("another");
    }

    @Test
    void aDuplicateThatTheBackendCannotNameIsADuplicate() {
        bench.driver.sending = (batch, timeout) -> ScriptedDriver.all(batch, DUPLICATE_OF_SOME);
        PendingSend pending = send.add("a");
        send.turn();

        assertThat(receipt(pending).duplicate()).isTrue();
        assertThat(receipt(pending).duplicateOf()).isEmpty();
    }

    private void failOnce(ErrorClass errorClass) {
        bench.driver.sending = (batch, timeout) -> {
            bench.driver.sending = (again, remaining) -> ScriptedDriver.all(again, SendResult.ACCEPTED);
            throw new BackendError(errorClass, "try " + errorClass);
        };
    }

    private void failAlways(ErrorClass errorClass) {
        bench.driver.sending = (batch, timeout) -> {
            throw new BackendError(errorClass, "try " + errorClass);
        };
    }
}
