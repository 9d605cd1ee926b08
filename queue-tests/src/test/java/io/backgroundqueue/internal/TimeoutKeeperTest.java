package io.backgroundqueue.internal;

import static io.backgroundqueue.internal.Deliveries.fresh;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.BackgroundTask;
import io.backgroundqueue.Recorder;
import io.backgroundqueue.RetryPolicy;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** A handler that runs too long: interrupted, then given up. */
class TimeoutKeeperTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final WorkerOptions OPTIONS =
            WorkerOptions.DEFAULT.timeout(TIMEOUT).retryPolicy(RetryPolicy.fixed(Duration.ofSeconds(1)));

    private final Bench bench = new Bench();
    private final Recorder<String> handlers = new Recorder<>();
    private final CountDownLatch release = new CountDownLatch(1);

    @Test
    void itLooksAgainWhenTheFirstHandlerIsDue() {
        WorkerBench worker = new WorkerBench(bench, OPTIONS, this::obedient);
        TimeoutKeeper keeper = new TimeoutKeeper(worker.settler, TIMEOUT);
        assertThat(keeper.turn()).isEqualTo(TIMEOUT);
        Thread first = begin(worker, "a", 1);
        bench.time.advance(Duration.ofSeconds(15));
        Thread second = begin(worker, "b", 2);
        assertThat(keeper.turn()).isEqualTo(Duration.ofSeconds(45));

        release.countDown();
        WorkerBench.join(first);
        WorkerBench.join(second);
        assertThat(keeper.turn()).isEqualTo(TIMEOUT);
    }

    @Test
    void aTimeoutOfNanosecondsKeepsNoCoreBusy() {
        WorkerBench worker = new WorkerBench(bench, OPTIONS, this::obedient);

        assertThat(new TimeoutKeeper(worker.settler, Duration.ofNanos(1)).turn())
                .isEqualTo(Duration.ofMillis(1));
    }

    @Test
    void aHandlerThatAnswersItsInterruptHasFailedWithATimeout() {
        WorkerBench worker = new WorkerBench(bench, OPTIONS, this::obedient);
        TimeoutKeeper keeper = new TimeoutKeeper(worker.settler, TIMEOUT);
        Thread thread = begin(worker, "a", 1);
        bench.time.advance(TIMEOUT.minusNanos(1));
        keeper.turn();
        assertThat(handlers.all()).containsExactly("begins a");
        bench.time.advance(Duration.ofNanos(1));
        assertThat(keeper.turn()).isEqualTo(Duration.ofSeconds(10));
        WorkerBench.join(thread);
        worker.settle();

        assertThat(handlers.all()).containsExactly("begins a", "interrupted a");
        assertThat(worker.receiver.settlements())
                .singleElement()
                .isInstanceOfSatisfying(Settlement.Later.class, later -> {
                    assertThat(later.progress().failures()).isEqualTo(1);
                    assertThat(later.progress().lastError().orElseThrow())
                            .contains("TimeoutException")
                            .contains("timeout of PT1M");
                });
        assertThat(bench.told(TaskEvent.RetryScheduled.class).get(0).cause()).isInstanceOf(TimeoutException.class);
        assertThat(bench.told(TaskEvent.Stuck.class)).isEmpty();
        assertThat(worker.slots.free()).isEqualTo(10);
    }

    @Test
    void aHandlerThatIgnoresItsInterruptIsStuckAfterTenSecondsAndKeepsItsPermit() {
        WorkerBench worker = new WorkerBench(bench, OPTIONS, this::deaf);
        TimeoutKeeper keeper = new TimeoutKeeper(worker.settler, TIMEOUT);
        Thread thread = begin(worker, "a", 1);
        bench.time.advance(TIMEOUT);
        keeper.turn();
        handlers.await(2);
        bench.time.advance(Duration.ofSeconds(10).minusNanos(1));
        keeper.turn();
        worker.settle();
        assertThat(worker.receiver.settled.all()).isEmpty();
        bench.time.advance(Duration.ofNanos(1));
        keeper.turn();
        keeper.turn();
        worker.settle();

        assertThat(bench.told(TaskEvent.Stuck.class))
                .containsExactly(new TaskEvent.Stuck("orders", "a", TIMEOUT.plusSeconds(10)));
        assertThat(worker.receiver.settlements()).singleElement().isInstanceOf(Settlement.Later.class);
        assertThat(worker.slots.free()).isEqualTo(9);

        release.countDown();
        WorkerBench.join(thread);
        worker.settle();
        assertThat(worker.receiver.settlements()).hasSize(1);
        assertThat(worker.slots.free()).isEqualTo(10);
    }

    @Test
    void aHandlerIsInterruptedOnceAndNothingOfThatReachesTheNextTaskOfItsThread() {
        WorkerBench worker = new WorkerBench(bench, OPTIONS, task -> {
            handlers.add("begins " + task.payload());
            Recorder.within((time, unit) -> spins(task));
        });
        TimeoutKeeper keeper = new TimeoutKeeper(worker.settler, TIMEOUT);
        Thread thread = WorkerBench.start(
                () -> {
                    worker.hold(fresh("a")).run();
                    handlers.add("flag " + Thread.currentThread().isInterrupted());
                },
                handlers,
                1);
        bench.time.advance(TIMEOUT);
        keeper.turn();
        keeper.turn();
        release.countDown();
        WorkerBench.join(thread);

        assertThat(handlers.all()).containsExactly("begins a", "flag false");
    }

    /** Spins until the test lets it go, leaving the interrupt where it is. */
    private boolean spins(BackgroundTask<String> task) {
        while (release.getCount() > 0) {
            Thread.onSpinWait();
        }
        return task.attempt() == 1;
    }

    private Thread begin(WorkerBench worker, String id, int count) {
        return WorkerBench.start(worker.hold(fresh(id)), handlers, count);
    }

    private void obedient(BackgroundTask<String> task) throws InterruptedException {
        handlers.add("begins " + task.payload());
        try {
            release.await();
        } catch (InterruptedException interrupted) {
            handlers.add("interrupted " + task.payload());
            throw interrupted;
        }
    }

    private void deaf(BackgroundTask<String> task) {
        handlers.add("begins " + task.payload());
        boolean released = false;
        while (!released) {
            try {
                release.await();
                released = true;
            } catch (InterruptedException ignored) {
                handlers.add("ignores its interrupt");
            }
        }
    }
}
