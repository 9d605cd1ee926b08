package io.backgroundqueue.internal;

import static io.backgroundqueue.internal.Deliveries.failed;
import static io.backgroundqueue.internal.Deliveries.fresh;
import static io.backgroundqueue.internal.Deliveries.progress;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Feature;
import io.backgroundqueue.NonRetryableException;
import io.backgroundqueue.PayloadType;
import io.backgroundqueue.RetryLaterException;
import io.backgroundqueue.RetryPolicy;
import io.backgroundqueue.Start;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.SampleTask;
import io.backgroundqueue.spi.Settlement;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What becomes of a run that ended. Every row is a pure function, so nothing is opened here. */
class VerdictsTest {
    private static final Duration WAIT = Duration.ofSeconds(40);
    private static final Duration RAN = Duration.ofMillis(1500);
    private static final IOException ERROR = new IOException("no route");

    private final Bench bench = new Bench();
    private final WorkerOptions options = WorkerOptions.DEFAULT.retryPolicy(RetryPolicy.fixed(WAIT));

    @Test
    void aRunThatReturnsIsDone() {
        Delivery.Task task = progress(fresh("a"), failed(1));

        assertThat(verdicts(options).done(task, RAN))
                .isEqualTo(Verdict.of(new Settlement.Ack(task), new TaskEvent.Completed("orders", "a", 2, RAN)));
    }

    @Test
    void aFailureIsCountedOnceAndComesBackAfterTheWaitOfThePolicy() {
        Delivery.Task task = fresh("a");

        Verdict verdict = verdicts(options).failed(task, ERROR, RAN);

        assertThat(verdict.settlement())
                .isEqualTo(new Settlement.Later(
                        task,
                        new Progress(1, 1, 0, false, Optional.of("java.io.IOException: no route")),
                        new Start.After(WAIT)));
        assertThat(verdict.told())
                .contains(new TaskEvent.RetryScheduled("orders", "a", 1, ERROR, Bench.START.plus(WAIT), RAN));
        assertThat(verdict.holdBack()).isEqualTo(Duration.ZERO);
    }

    @Test
    void threeRunsMayFailUnlessSomebodySaidOtherwise() {
        assertThat(settlement(verdicts(options), progress(fresh("a"), failed(1))))
                .isInstanceOf(Settlement.Later.class);
        assertThat(settlement(verdicts(options), progress(fresh("a"), failed(2))))
                .isInstanceOf(Settlement.Dead.class);
    }

    @Test
    void theTasksOwnAttemptsGoBeforeTheWorkers() {
        Verdicts generous = verdicts(options.attempts(100));
        Delivery.Task once = Deliveries.of(SampleTask.task("a").attempts(1));
        Delivery.Task often = progress(Deliveries.of(SampleTask.task("a").attempts(10_000)), failed(9_998));

        assertThat(settlement(generous, once)).isInstanceOf(Settlement.Dead.class);
        assertThat(settlement(verdicts(options.attempts(1)), often)).isInstanceOf(Settlement.Later.class);
        assertThat(settlement(generous, progress(fresh("a"), failed(98)))).isInstanceOf(Settlement.Later.class);
        assertThat(settlement(generous, progress(fresh("a"), failed(99)))).isInstanceOf(Settlement.Dead.class);
        assertThat(generous.maxAttempts(once)).isEqualTo(1);
        assertThat(generous.maxAttempts(fresh("b"))).isEqualTo(100);
    }

    @Test
    void theLastFailureEndsInTheDeadLettersWithItsErrorAndAllCounts() {
        Delivery.Task task = progress(fresh("a"), new Progress(5, 2, 1, true, Optional.of("before")));

        Verdict verdict = verdicts(options).failed(task, ERROR, RAN);

        assertThat(verdict.settlement())
                .isEqualTo(new Settlement.Dead(
                        task,
                        new Progress(6, 3, 1, true, Optional.of("java.io.IOException: no route")),
                        DeadReason.ATTEMPTS_EXHAUSTED));
        assertThat(verdict.told())
                .contains(new TaskEvent.DeadLettered(
                        "orders", Optional.of("a"), DeadReason.ATTEMPTS_EXHAUSTED, 3, Optional.of(ERROR)));
    }

    @Test
    void laterIsAVerdictButNoFailureAndKeepsTheLastError() {
        Delivery.Task task = progress(fresh("a"), failed(2));

        Verdict verdict = verdicts(options.attempts(3)).failed(task, new RetryLaterException(WAIT), RAN);

        assertThat(verdict.settlement())
                .isEqualTo(new Settlement.Later(
                        task, new Progress(3, 2, 0, false, Optional.of("an earlier error")), new Start.After(WAIT)));
        assertThat(verdict.told()).contains(new TaskEvent.Postponed("orders", "a", 3, Bench.START.plus(WAIT)));
    }

    @Test
    void laterMayMeanAtOnceAndMayBeSaidForEver() {
        Delivery.Task task = progress(fresh("a"), new Progress(1_000_000, 2, 0, false, Optional.empty()));

        assertThat(verdicts(options)
                        .failed(task, new RetryLaterException(Duration.ZERO), RAN)
                        .settlement())
                .isEqualTo(new Settlement.Later(
                        task, new Progress(1_000_001, 2, 0, false, Optional.empty()), Start.now()));
    }

    @Test
    void laterIsTheEndWhereATaskRunsOnce() {
        bench.driver.capabilities = Capable.without(Feature.ATTEMPTS);
        Delivery.Task task = fresh("a");
        RetryLaterException later = new RetryLaterException(WAIT);

        Verdict verdict = verdicts(WorkerOptions.DEFAULT).failed(task, later, RAN);

        assertThat(verdict.settlement())
                .isInstanceOfSatisfying(
                        Settlement.Dead.class,
                        dead -> assertThat(dead.reason()).isEqualTo(DeadReason.ATTEMPTS_EXHAUSTED));
    }

    @Test
    void whatIsNotRetryableIsDeadAtOnceWhateverAttemptsAreLeft() {
        Delivery.Task task = fresh("a");
        NonRetryableException cause = new NonRetryableException("no such customer", ERROR);

        Verdict verdict = verdicts(options.attempts(100)).failed(task, cause, RAN);

        assertThat(verdict.settlement()).isInstanceOfSatisfying(Settlement.Dead.class, dead -> {
            assertThat(dead.reason()).isEqualTo(DeadReason.NON_RETRYABLE);
            assertThat(dead.progress().failures()).isEqualTo(1);
            assertThat(dead.progress().lastError()).get().asString().contains("no such customer");
        });
    }

    @Test
    void aPolicyThatGivesUpSendsTheTaskToTheDeadLetters() {
        RetryPolicy notOnIo = RetryPolicy.fixed(WAIT).notOn(IOException.class);
        Verdicts verdicts = verdicts(options.attempts(100).retryPolicy(notOnIo));

        assertThat(verdicts.failed(fresh("a"), ERROR, RAN).settlement())
                .isInstanceOfSatisfying(
                        Settlement.Dead.class, dead -> assertThat(dead.reason()).isEqualTo(DeadReason.NON_RETRYABLE));
        assertThat(verdicts.failed(fresh("a"), new Exception("another"), RAN).settlement())
                .isInstanceOf(Settlement.Later.class);
    }

    @Test
    void thePolicyIsAskedWithTheNumberOfFailuresIncludingThisOne() {
        RetryPolicy byCount = (failures, error) -> Optional.of(Duration.ofMinutes(failures));

        assertThat(verdicts(options.attempts(9).retryPolicy(byCount))
                        .failed(progress(fresh("a"), failed(3)), ERROR, RAN)
                        .settlement())
                .isInstanceOfSatisfying(
                        Settlement.Later.class,
                        later -> assertThat(later.start()).isEqualTo(new Start.After(Duration.ofMinutes(4))));
    }

    @Test
    void aBrokenPolicyIsReplacedByTheDefaultOne() {
        RetryPolicy throwing = (failures, error) -> {
            throw new IllegalStateException("a broken policy");
        };
        RetryPolicy silent = (failures, error) -> null;
        RetryPolicy backwards = (failures, error) -> Optional.of(Duration.ofSeconds(-5));

        assertThat(startOf(throwing)).isBetween(Duration.ofMillis(500), Duration.ofSeconds(1));
        assertThat(startOf(silent)).isBetween(Duration.ofMillis(500), Duration.ofSeconds(1));
        assertThat(verdicts(options.retryPolicy(backwards))
                        .failed(fresh("a"), ERROR, RAN)
                        .settlement())
                .isInstanceOfSatisfying(
                        Settlement.Later.class,
                        later -> assertThat(later.start()).isEqualTo(Start.now()));
    }

    @Test
    void anErrorIsAFailureLikeAnyOther() {
        assertThat(verdicts(options)
                        .failed(fresh("a"), new OutOfMemoryError("heap"), RAN)
                        .settlement())
                .isInstanceOfSatisfying(
                        Settlement.Later.class,
                        later -> assertThat(later.progress())
                                .isEqualTo(
                                        new Progress(1, 1, 0, false, Optional.of("java.lang.OutOfMemoryError: heap"))));
    }

    @Test
    void aLongErrorIsShortened() {
        assertThat(verdicts(options)
                        .failed(fresh("a"), new Exception("x".repeat(5_000)), RAN)
                        .settlement())
                .isInstanceOfSatisfying(
                        Settlement.Later.class,
                        later -> assertThat(later.progress().lastError().orElseThrow())
                                .hasSize(1_001)
                                .endsWith("x…"));
    }

    @Test
    void anUndecodablePayloadIsDeadAtOnceAndNobodyIsChargedAFailure() {
        Delivery.Task task = fresh("a");

        assertThat(verdicts(options).undecodable(task, ERROR).settlement())
                .isEqualTo(new Settlement.Dead(
                        task,
                        new Progress(0, 0, 0, false, Optional.of("java.io.IOException: no route")),
                        DeadReason.UNDECODABLE));
    }

    @Test
    void whatIsReleasedIsChargedNothing() {
        Delivery.Task task = progress(fresh("a"), failed(2));

        assertThat(verdicts(options).released(task))
                .isEqualTo(Verdict.of(new Settlement.Release(task), new TaskEvent.Released("orders", "a")));
        assertThat(verdicts(options).released(Deliveries.unreadable()).told()).isEmpty();
    }

    @Test
    void aBackendWithoutAttemptsRunsEachTaskOnce() {
        bench.driver.capabilities = Capable.without(Feature.ATTEMPTS);
        Delivery.Task task = Deliveries.of(SampleTask.task("a").attempts(9));

        assertThat(verdicts(options).maxAttempts(task)).isEqualTo(1);
        assertThat(settlement(verdicts(options), task)).isInstanceOf(Settlement.Dead.class);
    }

    @Test
    void aBackendWithoutDeadLettersDropsAndSaysSo() {
        bench.driver.capabilities = Capable.without(Feature.DEAD_LETTERS);
        Delivery.Task task = progress(fresh("a"), failed(2));

        assertThat(verdicts(options).failed(task, ERROR, RAN))
                .isEqualTo(Verdict.of(
                        new Settlement.Ack(task),
                        new TaskEvent.Dropped("orders", Optional.of("a"), DeadReason.ATTEMPTS_EXHAUSTED, ERROR)));
        assertThat(verdicts(options).undecodable(task, ERROR).told())
                .contains(new TaskEvent.Dropped("orders", Optional.of("a"), DeadReason.UNDECODABLE, ERROR));
    }

    @Test
    void unreadableBytesAreDeadLetteredWithTheirReason() {
        Delivery.Unreadable unreadable = Deliveries.unreadable();

        Verdict verdict = verdicts(options).beforeRun(unreadable).orElseThrow();

        assertThat(verdict.settlement())
                .isEqualTo(new Settlement.Dead(
                        unreadable,
                        new Progress(0, 0, 0, false, Optional.of("no line of metadata")),
                        DeadReason.UNREADABLE));
        assertThat(verdict.told().orElseThrow())
                .isInstanceOfSatisfying(
                        TaskEvent.DeadLettered.class,
                        told -> assertThat(told.taskId()).isEmpty());
    }

    @Test
    void aNewerWireVersionIsHeldForAMomentAndGivenBack() {
        Delivery.TooNew newer = Deliveries.tooNew();

        assertThat(verdicts(options).beforeRun(newer))
                .contains(new Verdict(
                        new Settlement.Release(newer),
                        Optional.of(new TaskEvent.TooNew("orders", 7)),
                        Duration.ofSeconds(5)));
    }

    private Duration startOf(RetryPolicy policy) {
        Settlement settlement = settlement(verdicts(options.retryPolicy(policy)), fresh("a"));
        return ((Start.After) ((Settlement.Later) settlement).start()).delay();
    }

    private static Settlement settlement(Verdicts verdicts, Delivery.Task task) {
        return verdicts.failed(task, ERROR, RAN).settlement();
    }

    private Verdicts verdicts(WorkerOptions worker) {
        return new Verdicts(
                bench.context(), new WorkerSpec<>("orders", PayloadType.of(String.class), task -> {}, worker));
    }
}
