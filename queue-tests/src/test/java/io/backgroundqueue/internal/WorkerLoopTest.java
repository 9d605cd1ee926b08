package io.backgroundqueue.internal;

import static io.backgroundqueue.internal.Deliveries.fresh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.Limits;
import io.backgroundqueue.Recorder;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

/** How tasks are fetched; every turn is taken by hand. */
class WorkerLoopTest {
    private static final Duration IDLE = Duration.ofMillis(250);

    private final Bench bench = new Bench();
    private final Recorder<String> handled = new Recorder<>();

    private WorkerBench worker(int concurrency) {
        bench.driver.capabilities = Capable.limited(Limits.DEFAULT.maxWait(Duration.ofMillis(1)));
        return new WorkerBench(
                bench, WorkerOptions.DEFAULT.concurrency(concurrency), task -> handled.add(task.payload()));
    }

    @Test
    void asManyTasksAreFetchedAsThereAreFreePlaces() {
        WorkerBench worker = worker(3);
        worker.receiver.offer(fresh("a"), fresh("b"), fresh("c"), fresh("d"));
        assertThat(worker.receive()).isEqualTo(Duration.ZERO);
        assertThat(worker.begun).hasSize(3);

        worker.begun.poll().run();
        assertThat(worker.freed.get()).isPositive();
        assertThat(worker.receive()).isEqualTo(Duration.ZERO);
        worker.runAll();
        assertThat(worker.receiver.receives.all()).containsExactly(3, 1);
        assertThat(handled.all()).containsExactly("a", "b", "c", "d");
    }

    @Test
    void aBusyWorkerStillCallsItsReceiverForNothing() {
        WorkerBench worker = worker(1);
        worker.receiver.offer(fresh("a"), fresh("b"));
        worker.receive();

        assertThat(worker.receive()).isEqualTo(IDLE);
        assertThat(worker.receive()).isEqualTo(IDLE);
        assertThat(worker.receiver.receives.all()).containsExactly(1, 0, 0);
    }

    @Test
    void verdictsThatCannotBeStoredStopTheIntakeToo() {
        WorkerBench worker = worker(2);
        worker.receiver.settling = batch -> {
            throw new BackendError(ErrorClass.TRANSIENT, "away");
        };
        for (int i = 0; i < 502; i++) {
            worker.receiver.offer(fresh("task-" + i));
        }
        while (worker.slots.free() > 0) {
            worker.receive();
            worker.runAll();
        }

        assertThat(handled.all()).hasSize(502);
        assertThat(worker.receive()).isEqualTo(IDLE);
        assertThat(worker.receiver.receives.all()).last().isEqualTo(0);
    }

    @Test
    void aPausedWorkerParksOnceAndIsStillCalledForNothing() {
        WorkerBench worker = worker(2);
        CompletableFuture<Void> paused = worker.loop.pause();
        assertThat(paused).isNotDone();
        assertThat(worker.receive()).isEqualTo(IDLE);
        assertThat(paused).isDone();
        worker.receive();

        assertThat(worker.receiver.parks.all()).hasSize(1);
        assertThat(worker.receiver.receives.all()).containsExactly(0, 0);
    }

    @Test
    void aResumedWorkerFetchesAgainAndMayBePausedAgain() {
        WorkerBench worker = worker(2);
        worker.receiver.offer(fresh("a"));
        pause(worker);
        worker.receive();
        worker.loop.resume();
        worker.receive();
        worker.runAll();
        assertThat(handled.all()).containsExactly("a");

        CompletableFuture<Void> again = worker.loop.pause();
        worker.receive();
        assertThat(again).isDone();
        assertThat(worker.receiver.parks.all()).hasSize(2);
    }

    @Test
    void whatRunsGoesOnDuringAPause() {
        WorkerBench worker = worker(2);
        worker.receiver.offer(fresh("a"));
        worker.receive();
        pause(worker);
        worker.receive();
        worker.runAll();
        worker.settle();

        assertThat(worker.receiver.settlements()).singleElement().isInstanceOf(Settlement.Ack.class);
    }

    @Test
    void aParkThatFailsIsTriedAgainBeforeThePauseIsAnswered() {
        WorkerBench worker = worker(2);
        worker.receiver.parking = () -> {
            worker.receiver.parking = () -> true;
            throw new BackendError(ErrorClass.TRANSIENT, "away");
        };
        CompletableFuture<Void> paused = worker.loop.pause();
        assertThatThrownBy(worker.loop::turn).isInstanceOf(BackendError.class);
        assertThat(paused).isNotDone();
        worker.receive();

        assertThat(paused).isDone();
        assertThat(worker.receiver.parks.all()).hasSize(2);
    }

    @Test
    void drainingParksAndGivesBackWhatHasNotStarted() {
        WorkerBench worker = worker(2);
        Delivery.Task task = fresh("a");
        worker.receiver.offer(task);
        worker.receive();
        CompletableFuture<Void> drained = worker.loop.drain();
        assertThat(drained).isNotDone();
        worker.receive();
        assertThat(drained).isDone();
        worker.runAll();
        worker.settle();

        assertThat(worker.receiver.parks.all()).hasSize(1);
        assertThat(handled.all()).isEmpty();
        assertThat(worker.receiver.settlements()).containsExactly(new Settlement.Release(task));
        assertThat(bench.events.all()).containsExactly(new TaskEvent.Released("orders", "a"));
    }

    /** What is given back would come to this very worker again, where a receiver fetches ahead. */
    @Test
    void nothingIsGivenBackBeforeTheReceiverIsParked() {
        WorkerBench worker = worker(2);
        CompletableFuture<Void> drained = worker.loop.drain();
        worker.receiver.parking = () -> {
            assertThat(drained).isNotDone();
            return true;
        };
        worker.receive();

        assertThat(worker.receiver.parks.all()).hasSize(1);
        assertThat(drained).isDone();
    }

    @Test
    void aBackendThatCannotWaitIsAskedFourTimesASecondUntilThereIsWork() {
        bench.driver.capabilities = Capable.limited(Limits.DEFAULT.maxWait(Duration.ZERO));
        WorkerBench worker = new WorkerBench(bench);

        assertThat(worker.receive()).isEqualTo(IDLE);
        worker.receiver.offer(fresh("a"));
        assertThat(worker.receive()).isEqualTo(Duration.ZERO);
    }

    @Test
    void aDrainedWorkerNeverFetchesAgain() {
        WorkerBench worker = worker(2);
        worker.receiver.offer(fresh("a"));
        CompletableFuture<Void> drained = worker.loop.drain();
        worker.loop.resume();
        worker.receive();
        assertThat(drained).isDone();
        assertThat(worker.loop.pause()).isDone();
        worker.loop.resume();
        worker.receive();

        assertThat(worker.receiver.receives.all()).containsOnly(0);
        assertThat(worker.begun).isEmpty();
    }

    @Test
    void aTaskForWhichThereIsNoThreadIsGivenBack() {
        WorkerBench worker = worker(3);
        List<Runnable> taken = new ArrayList<>();
        worker.executor = run -> {
            if (!taken.isEmpty()) {
                throw new RejectedExecutionException("one thread only");
            }
            taken.add(run);
        };
        Delivery.Task b = fresh("b");
        Delivery.Task c = fresh("c");
        worker.receiver.offer(fresh("a"), b, c);
        assertThatThrownBy(worker.loop::turn).isInstanceOf(RejectedExecutionException.class);
        worker.settle();

        assertThat(taken).hasSize(1);
        assertThat(worker.receiver.settlements()).containsExactly(new Settlement.Release(b), new Settlement.Release(c));
        assertThat(worker.slots.free()).isEqualTo(2);
    }

    @Test
    void theReceiverIsClosedByTheLoopThatUsedIt() {
        WorkerBench worker = worker(1);
        worker.loop.close();

        assertThat(bench.driver.journal.all()).containsExactly("close orders");
    }

    private static void pause(WorkerBench worker) {
        assertThat(worker.loop.pause()).isNotDone();
    }
}
