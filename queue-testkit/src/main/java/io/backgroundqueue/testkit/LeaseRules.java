package io.backgroundqueue.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.Capabilities.LeaseKind;
import io.backgroundqueue.Capabilities.Precision;
import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.Feature;
import io.backgroundqueue.RetryPolicy;
import io.backgroundqueue.ShutdownReport;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.WorkerOptions;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Chapter 9 of the contract. Extend {@link BackgroundQueueContract}, which has all chapters. */
public abstract class LeaseRules extends DeduplicationRules {
    LeaseRules() {}

    @Test
    @Rule("9.1")
    @Requires(Feature.LEASE)
    public final void aHandlerThatTakesSeveralLeasesRunsOnce() throws Exception {
        CountDownLatch gate = obstinately();
        RecordingHandler<String> handler = handler(task -> gate.await());
        queue().consume(topic(), String.class, handler, leased().concurrency(3));
        open().consume(topic(), String.class, handler, leased().concurrency(3));
        List<String> ids = enqueue(topic(), List.of("a", "b", "c"), PLAIN);
        handler.awaitStarted(3);

        passes(harness().shortLease().multipliedBy(3));
        passes(capabilities().limits().leaseDetection());

        assertThat(handler.started()).as("runs after three leases: " + handler).isEqualTo(3);
        assertThat(handler.runs())
                .noneSatisfy(run -> assertThat(run.task().leaseLost()).isTrue());
        gate.countDown();
        handler.awaitIds(ids);
        staysAt(3, handler);
        drained(topic());
    }

    @Test
    @Rule("9.1")
    @Requires(Feature.LEASE)
    public final void aTaskThatWaitsBehindOthersInItsWorkerRunsOnce() throws Exception {
        Duration each = harness().shortLease().dividedBy(4);
        RecordingHandler<Integer> handler = handler(task -> passes(each));
        queue().consume(topic(), Integer.class, handler, leased().concurrency(1));
        open().consume(topic(), Integer.class, handler, leased().concurrency(1));

        List<String> ids = enqueue(topic(), Collections.nCopies(20, 1), PLAIN);

        patience().times(2).eventually(() -> handler.ended() >= 20, () -> "not all ran: " + handler);
        handler.awaitIds(ids);
        staysAt(20, handler);
    }

    @Test
    @Rule({"9.2", "9.3"})
    @Requires({Feature.LEASE, Feature.DURABILITY})
    public final void aTaskWhoseWorkerIsGoneRunsAgainElsewhereAndTheFirstRunCountsNoMore() throws Exception {
        Duration lease = harness().shortLease().multipliedBy(3);
        Abandoned abandoned = abandon(PLAIN, lease);
        RecordingHandler<String> second = handler();
        queue().consume(topic(), String.class, second, leased(lease));

        afterTheLease(lease, () -> second.ended() == 1, () -> "the task does not come back: " + second);

        assertThat(second.runs().get(0).id()).isEqualTo(abandoned.id());
        assertThat(second.runs().get(0).attempt()).isEqualTo(1);
        if (capabilities().leaseKind() == LeaseKind.TIMED) {
            // Renewed at the latest a third of the lease before its worker gave it up.
            assertThat(between(abandoned.endedNanos(), second.runs().get(0).startedNanos()))
                    .as("how long after its worker's end the task ran again")
                    .isGreaterThan(lease.dividedBy(3));
        }
        abandoned.gate().countDown();
        abandoned.handler().await(1);
        staysAt(1, second);
        drained(topic());
    }

    @Test
    @Rule("4.7")
    @Requires({Feature.LEASE, Feature.DURABILITY, Feature.INTERRUPTION_COUNT})
    public final void aRunThatEndedWithoutAVerdictIsAnInterruptionAndBacksOff() throws Exception {
        Duration backoff = Duration.ofMillis(500);
        Abandoned abandoned = abandon(PLAIN, harness().shortLease());
        EventLog events = new EventLog(patience().times(2));
        BackgroundQueue queue = open(options -> options.listener(events));
        RecordingHandler<String> second = handler();
        queue.consume(topic(), String.class, second, leased().retryPolicy(RetryPolicy.fixed(backoff)));

        afterTheLease(
                harness().shortLease(), () -> second.ended() == 1, () -> "the task does not come back: " + second);

        int counted = second.runs().get(0).task().interruptions();
        if (capabilities().interruptionPrecision() == Precision.EXACT) {
            assertThat(counted).isEqualTo(1);
        } else if (capabilities().interruptionPrecision() == Precision.UPPER_BOUND) {
            assertThat(counted).isGreaterThanOrEqualTo(1);
        } else {
            assertThat(counted).isBetween(0, 1);
        }
        // Where neighbours may be counted along, a single start is no proof.
        if (counted > 0 && capabilities().interruptionPrecision() != Precision.UPPER_BOUND) {
            TaskEvent.Interrupted event = events.await(TaskEvent.Interrupted.class);
            assertThat(event.taskId()).isEqualTo(abandoned.id());
            assertThat(now()).isAfterOrEqualTo(event.nextStart());
        }
        assertThat(second.runs().get(0).attempt()).isEqualTo(1);
    }

    @Test
    @Rule("4.8")
    @Requires({Feature.LEASE, Feature.DURABILITY, Feature.INTERRUPTION_COUNT, Feature.DEAD_LETTERS})
    public final void aTaskThatIsInterruptedTooOftenGoesToTheDeadLetters() throws Exception {
        assumeTrue(
                capabilities().interruptionPrecision() != Precision.LOWER_BOUND,
                "one interruption need not be counted here");
        Abandoned abandoned = abandon(PLAIN, harness().shortLease());
        RecordingHandler<String> second = handler();
        queue().consume(topic(), String.class, second, leased().maxInterruptions(0));

        afterTheLease(
                harness().shortLease(),
                () -> queue().admin().findDeadLetter(topic(), abandoned.id()).isPresent(),
                () -> "the task is not among the dead letters: " + second);

        DeadLetter letter = deadLetter(topic(), abandoned.id());
        assertThat(letter.reason()).isEqualTo(DeadReason.INTERRUPTED);
        assertThat(letter.interruptions()).isGreaterThanOrEqualTo(1);
        assertThat(letter.failures()).isZero();
        staysAt(0, second);
    }

    /**
     * A task whose worker ended while its handler went on.
     *
     * @param endedNanos when the worker had ended
     * @param gate keeps the handler
     * @param handler the first one, still running
     */
    record Abandoned(
            String id, ShutdownReport report, long endedNanos, CountDownLatch gate, RecordingHandler<String> handler) {}

    /** Leaves a task with a handler that does not end although its queue has. */
    final Abandoned abandon(EnqueueOptions options, Duration lease) throws Exception {
        CountDownLatch gate = obstinately();
        RecordingHandler<String> handler = handler(task -> awaitObstinately(gate));
        BackgroundQueue first = open();
        first.consume(topic(), String.class, handler, WorkerOptions.DEFAULT.leaseDuration(lease));
        String id = first.enqueue(topic(), "payload", options).taskId();
        handler.awaitStarted(1);
        ShutdownReport report = first.shutdown(Duration.ofMillis(100));
        long ended = nanos();
        assertThat(report.abandoned()).containsExactly(id);
        return new Abandoned(id, report, ended, gate, handler);
    }

    private void afterTheLease(Duration lease, Patience.Condition condition, Supplier<String> otherwise)
            throws Exception {
        Duration most = lease.plus(capabilities().limits().leaseDetection())
                .plus(patience().eventually());
        new Patience(most, patience().never(), patience().poll()).eventually(condition, otherwise);
    }
}
