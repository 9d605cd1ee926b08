package io.backgroundqueue.internal;

import static io.backgroundqueue.internal.Deliveries.due;
import static io.backgroundqueue.internal.Deliveries.fresh;
import static io.backgroundqueue.internal.Deliveries.progress;
import static io.backgroundqueue.internal.Deliveries.starts;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Capabilities.Precision;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Feature;
import io.backgroundqueue.PayloadType;
import io.backgroundqueue.RetryPolicy;
import io.backgroundqueue.Start;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.SampleTask;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What ends a delivery before its handler is asked: it comes early, it has expired, it was interrupted before. */
class BeforeRunTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration WAIT = Duration.ofSeconds(40);

    private final Bench bench = new Bench();
    private WorkerOptions options = WorkerOptions.DEFAULT.retryPolicy(RetryPolicy.fixed(WAIT));

    @Test
    void anOrdinaryTaskRuns() {
        assertThat(before(fresh("a"))).isEmpty();
        assertThat(before(progress(fresh("a"), Deliveries.failed(2)))).isEmpty();
    }

    @Test
    void aTaskThatComesEarlyIsPutBackUnchangedForItsTime() {
        Progress some = new Progress(3, 2, 1, true, Optional.of("before"));
        Delivery.Task early = progress(due(fresh("a"), Bench.START.plusNanos(1)), some);

        assertThat(before(early))
                .contains(new Verdict(
                        new Settlement.Later(early, some, new Start.At(Bench.START.plusNanos(1))),
                        Optional.empty(),
                        Duration.ZERO));
        assertThat(before(due(early, Bench.START))).isEmpty();
    }

    @Test
    void aTaskExpiresWhenItsTimeSinceDueIsOver() {
        Delivery.Task task = Deliveries.of(SampleTask.task("a").expiresAfter(MINUTE));
        bench.time.advance(MINUTE);
        assertThat(before(task)).isEmpty();
        bench.time.advance(Duration.ofNanos(1));

        assertThat(before(task))
                .contains(Verdict.of(new Settlement.Ack(task), new TaskEvent.Expired("orders", "a", Bench.START)));
    }

    @Test
    void aDelayIsNoPartOfTheExpiry() {
        Delivery.Task delayed =
                due(Deliveries.of(SampleTask.task("a").expiresAfter(MINUTE)), Bench.START.plus(MINUTE.multipliedBy(9)));
        bench.time.advance(MINUTE.multipliedBy(10));

        assertThat(before(delayed)).isEmpty();
    }

    @Test
    void whatHasAVerdictOrWasReplayedNeverExpires() {
        Delivery.Task task = Deliveries.of(SampleTask.task("a").expiresAfter(MINUTE));
        bench.time.advance(Duration.ofDays(30));

        assertThat(before(progress(task, new Progress(1, 0, 0, false, Optional.empty()))))
                .isEmpty();
        assertThat(before(progress(task, Progress.replay()))).isEmpty();
    }

    @Test
    void anInterruptedTaskThatHasExpiredIsNotRunAgain() {
        Delivery.Task task = starts(Deliveries.of(SampleTask.task("a").expiresAfter(MINUTE)), 1, Precision.EXACT);
        bench.time.advance(MINUTE.plusNanos(1));

        assertThat(before(task).orElseThrow().settlement()).isInstanceOf(Settlement.Ack.class);
    }

    @ParameterizedTest
    @CsvSource({"EXACT, 1", "LOWER_BOUND, 1", "UPPER_BOUND, 2"})
    void anInterruptedTaskBacksOffAndIsChargedNoFailure(Precision precision, int count) {
        Delivery.Task task = starts(fresh("a"), count, precision);

        Verdict verdict = before(task).orElseThrow();

        assertThat(verdict.settlement())
                .isEqualTo(new Settlement.Later(
                        task, new Progress(0, 0, count, false, Optional.empty()), new Start.After(WAIT)));
        assertThat(verdict.told()).contains(new TaskEvent.Interrupted("orders", "a", count, Bench.START.plus(WAIT)));
    }

    @ParameterizedTest
    @CsvSource({"EXACT, 0", "LOWER_BOUND, 0", "UPPER_BOUND, 0", "UPPER_BOUND, 1", "UNKNOWN, 0", "UNKNOWN, 4"})
    void whoMayBeANeighbourOfACrashRunsAtOnce(Precision precision, int count) {
        assertThat(before(starts(fresh("a"), count, precision))).isEmpty();
    }

    @Test
    void thePolicyIsAskedWithTheNumberOfInterruptions() {
        options = options.retryPolicy((failures, error) -> Optional.of(Duration.ofMinutes(failures)));
        Delivery.Task task =
                starts(progress(fresh("a"), new Progress(2, 2, 3, false, Optional.empty())), 1, Precision.EXACT);

        assertThat(before(task).orElseThrow().settlement())
                .isEqualTo(new Settlement.Later(
                        task, new Progress(2, 2, 4, false, Optional.empty()), new Start.After(Duration.ofMinutes(4))));
    }

    @Test
    void aPolicyWithoutRetriesStillLetsAnInterruptedTaskRunAgain() {
        options = options.retryPolicy(RetryPolicy.none());

        assertThat(before(starts(fresh("a"), 1, Precision.EXACT)).orElseThrow().settlement())
                .isInstanceOfSatisfying(
                        Settlement.Later.class,
                        later -> assertThat(((Start.After) later.start()).delay())
                                .isBetween(Duration.ofMillis(500), Duration.ofSeconds(1)));
    }

    @ParameterizedTest
    @CsvSource({"EXACT, 5", "LOWER_BOUND, 20", "UPPER_BOUND, 20", "UNKNOWN, 20"})
    void moreInterruptionsThanAreBorneEndInTheDeadLetters(Precision precision, int borne) {
        Delivery.Task last = starts(fresh("a"), borne, precision);
        Delivery.Task tooMany = starts(fresh("a"), borne + 1, precision);

        assertThat(before(last).map(Verdict::settlement).stream()).noneMatch(Settlement.Dead.class::isInstance);
        assertThat(before(tooMany).orElseThrow().settlement()).isInstanceOfSatisfying(Settlement.Dead.class, dead -> {
            assertThat(dead.reason()).isEqualTo(DeadReason.INTERRUPTED);
            assertThat(dead.progress().failures()).isZero();
            assertThat(dead.progress().interruptions()).isEqualTo(borne + 1);
            assertThat(dead.progress().lastError().orElseThrow())
                    .contains(borne + 1 + " runs ended without a verdict")
                    .contains("More than " + borne);
        });
    }

    @Test
    void interruptionsBeforeEarlierVerdictsCountToo() {
        Delivery.Task task =
                starts(progress(fresh("a"), new Progress(4, 1, 5, false, Optional.empty())), 1, Precision.EXACT);

        assertThat(before(task).orElseThrow().settlement()).isInstanceOf(Settlement.Dead.class);
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void howManyInterruptionsAreBorneIsTheWorkersChoice(Precision precision) {
        options = options.maxInterruptions(0);

        assertThat(before(starts(fresh("a"), 1, precision)).orElseThrow().settlement())
                .isInstanceOf(Settlement.Dead.class);
        assertThat(before(fresh("b"))).isEmpty();
    }

    @Test
    void aRunThatEndsAfterAnInterruptionKeepsTheCount() {
        Delivery.Task task = starts(fresh("a"), 1, Precision.UPPER_BOUND);

        assertThat(verdicts().failed(task, new Exception("x"), MINUTE).settlement())
                .isInstanceOfSatisfying(
                        Settlement.Later.class,
                        later -> assertThat(later.progress())
                                .isEqualTo(new Progress(1, 1, 1, false, Optional.of("java.lang.Exception: x"))));
    }

    @Test
    void aBackendWithoutDeadLettersDropsWhatIsInterruptedTooOften() {
        bench.driver.capabilities = Capable.without(Feature.DEAD_LETTERS);
        Delivery.Task task = starts(fresh("a"), 6, Precision.EXACT);

        Verdict verdict = before(task).orElseThrow();

        assertThat(verdict.settlement()).isEqualTo(new Settlement.Ack(task));
        assertThat(verdict.told().orElseThrow()).isInstanceOf(TaskEvent.Dropped.class);
    }

    private Optional<Verdict> before(Delivery delivery) {
        return verdicts().beforeRun(delivery);
    }

    private Verdicts verdicts() {
        return new Verdicts(
                bench.context(), new WorkerSpec<>("orders", PayloadType.of(String.class), task -> {}, options));
    }
}
