package io.backgroundqueue.internal;

import static io.backgroundqueue.internal.Deliveries.fresh;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Feature;
import io.backgroundqueue.RetryPolicy;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.SampleTask;
import io.backgroundqueue.spi.Settlement;
import java.io.Serial;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Tasks, policies and errors that nobody expects still end in a verdict: without one a task comes back for ever. */
class UnusualTasksTest {
    private static final Duration AGES = Duration.ofSeconds(Long.MAX_VALUE);

    private final Bench bench = new Bench();

    @Test
    void aBackendWithoutDeadLettersDropsUnreadableBytesAndSaysSo() {
        bench.driver.capabilities = Capable.without(Feature.DEAD_LETTERS);
        WorkerBench worker = new WorkerBench(bench);
        worker.hold(Deliveries.unreadable()).run();
        worker.settle();

        assertThat(worker.receiver.settlements()).singleElement().isInstanceOf(Settlement.Ack.class);
        assertThat(bench.told(TaskEvent.Dropped.class)).singleElement().satisfies(told -> {
            assertThat(told.taskId()).isEmpty();
            assertThat(told.reason()).isEqualTo(DeadReason.UNREADABLE);
        });
    }

    @Test
    void aPolicyThatAsksForAgesStillGetsAVerdict() {
        RetryPolicy forAges = (failures, error) -> Optional.of(AGES);
        WorkerBench worker = new WorkerBench(bench, WorkerOptions.DEFAULT.retryPolicy(forAges), task -> {
            throw new IllegalStateException("failed");
        });

        assertVerdict(worker, fresh("a"));
    }

    @Test
    void aPolicyThatThrowsAnErrorStillGetsAVerdict() {
        RetryPolicy broken = (failures, error) -> {
            throw new StackOverflowError("a broken policy");
        };
        WorkerBench worker = new WorkerBench(bench, WorkerOptions.DEFAULT.retryPolicy(broken), task -> {
            throw new IllegalStateException("failed");
        });

        assertVerdict(worker, fresh("a"));
    }

    @Test
    void aTaskThatExpiresAfterAgesIsRun() {
        WorkerBench worker = new WorkerBench(bench);
        assertVerdict(worker, Deliveries.of(SampleTask.task("a").expiresAfter(AGES)));

        assertThat(bench.told(TaskEvent.Completed.class)).hasSize(1);
    }

    @Test
    void anErrorThatCannotEvenBePrintedIsAFailureLikeAnyOther() {
        WorkerBench worker = new WorkerBench(bench, WorkerOptions.DEFAULT, task -> {
            throw new Unprintable();
        });

        assertVerdict(worker, fresh("a"));
    }

    private static final class Unprintable extends Exception {
        @Serial
        private static final long serialVersionUID = 1L;

        @Override
        public String getMessage() {
            throw new IllegalStateException("this error cannot be printed");
        }
    }

    private static void assertVerdict(WorkerBench worker, Delivery.Task task) {
        worker.hold(task).run();
        worker.settle();
        assertThat(worker.receiver.settlements()).as("what was settled").hasSize(1);
    }
}
