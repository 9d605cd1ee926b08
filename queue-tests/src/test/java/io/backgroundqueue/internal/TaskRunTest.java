package io.backgroundqueue.internal;

import static io.backgroundqueue.internal.Deliveries.fresh;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.BackgroundTask;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.Capabilities.Precision;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Recorder;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.SampleTask;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** The life of one delivery on a handler's thread. */
class TaskRunTest {
    private final Bench bench = new Bench();
    private final List<String> seen = new ArrayList<>();

    @Test
    void theHandlerSeesTheTaskAsItWasEnqueuedAndHowOftenItRan() {
        Delivery.Task task = Deliveries.starts(
                Deliveries.progress(
                        Deliveries.of(SampleTask.task("a").attempts(7).headers(Map.of("trace", "1"))),
                        new Progress(4, 3, 2, true, Optional.empty())),
                1,
                Precision.UPPER_BOUND);
        List<BackgroundTask<String>> tasks = new ArrayList<>();
        WorkerBench worker = new WorkerBench(bench, WorkerOptions.DEFAULT, tasks::add);
        run(worker, task);

        BackgroundTask<String> found = tasks.get(0);
        assertThat(found.id()).isEqualTo("a");
        assertThat(found.topic()).isEqualTo("orders");
        assertThat(found.payload()).isEqualTo("a");
        assertThat(found.headers()).isEqualTo(Map.of("trace", "1"));
        assertThat(found.enqueuedAt()).isEqualTo(SampleTask.MADE);
        assertThat(found.attempt()).isEqualTo(4);
        assertThat(found.maxAttempts()).isEqualTo(7);
        assertThat(found.interruptions()).isEqualTo(3);
        assertThat(found.replayed()).isTrue();
        assertThat(found.leaseLost()).isFalse();
    }

    @Test
    void aRunIsToldWhenItStartsAndWhenItsVerdictIsStored() {
        WorkerBench worker =
                new WorkerBench(bench, WorkerOptions.DEFAULT, task -> bench.time.advance(Duration.ofSeconds(3)));
        bench.time.advance(Duration.ofSeconds(5));
        TaskRun<String> run = run(worker, fresh("a"));

        assertThat(bench.events.all()).containsExactly(new TaskEvent.Started("orders", "a", 1, Duration.ofSeconds(5)));
        worker.settle();
        assertThat(bench.events.all())
                .last()
                .isEqualTo(new TaskEvent.Completed("orders", "a", 1, Duration.ofSeconds(3)));
        assertThat(run.running()).isFalse();
    }

    @Test
    void interceptorsStandAroundTheHandlerTheFirstOutermost() {
        bench.options(builder -> builder.intercept((task, next) -> {
                    seen.add("outer in " + task.payload());
                    next.proceed();
                    seen.add("outer out");
                })
                .intercept((task, next) -> {
                    seen.add("inner in");
                    next.proceed();
                    seen.add("inner out");
                }));
        WorkerBench worker = new WorkerBench(bench, WorkerOptions.DEFAULT, task -> seen.add("handler"));
        run(worker, fresh("a"));

        assertThat(seen).containsExactly("outer in a", "inner in", "handler", "inner out", "outer out");
    }

    @Test
    void whatAnInterceptorThrowsCountsAsTheHandlersException() {
        bench.options(builder -> builder.intercept((task, next) -> {
            next.proceed();
            throw new IllegalStateException("commit failed");
        }));
        WorkerBench worker = new WorkerBench(bench, WorkerOptions.DEFAULT, task -> seen.add("handler"));
        run(worker, fresh("a"));
        worker.settle();

        assertThat(seen).containsExactly("handler");
        assertThat(bench.told(TaskEvent.RetryScheduled.class).get(0).cause()).hasMessage("commit failed");
    }

    @Test
    void anErrorIsAFailedAttemptAndTheThreadSurvives() {
        WorkerBench worker = new WorkerBench(bench, WorkerOptions.DEFAULT, task -> {
            throw new StackOverflowError("deep");
        });
        run(worker, fresh("a"));
        worker.settle();

        assertThat(bench.told(TaskEvent.RetryScheduled.class).get(0).cause()).isInstanceOf(StackOverflowError.class);
        assertThat(worker.slots.free()).isEqualTo(10);
    }

    @Test
    void anUndecodablePayloadNeverReachesTheHandler() {
        WorkerBench worker = new WorkerBench(bench, WorkerOptions.DEFAULT, task -> seen.add("handler"));
        Delivery.Task task = Deliveries.of(SampleTask.task("a").payload(Bytes.utf8("{not json")));
        run(worker, task);
        worker.settle();

        assertThat(seen).isEmpty();
        assertThat(worker.receiver.settlements())
                .singleElement()
                .isInstanceOfSatisfying(Settlement.Dead.class, dead -> {
                    assertThat(dead.reason()).isEqualTo(DeadReason.UNDECODABLE);
                    assertThat(dead.delivery()).isSameAs(task);
                });
        assertThat(bench.told(TaskEvent.Started.class)).isEmpty();
    }

    @Test
    void whatIsNotForTheHandlerIsSettledWithoutIt() {
        WorkerBench worker = new WorkerBench(bench, WorkerOptions.DEFAULT, task -> seen.add("handler"));
        run(worker, Deliveries.unreadable());
        run(worker, Deliveries.due(fresh("early"), Bench.START.plusSeconds(60)));
        worker.settle();

        assertThat(seen).isEmpty();
        assertThat(worker.receiver.settlements()).hasSize(2);
    }

    @Test
    void aHandlerCanSeeThatItsLeaseIsLostAndItsVerdictIsNotStored() {
        List<TaskRun<String>> runs = new ArrayList<>();
        WorkerBench worker = new WorkerBench(bench, WorkerOptions.DEFAULT, task -> {
            assertThat(task.leaseLost()).isFalse();
            runs.get(0).leaseLost();
            assertThat(task.leaseLost()).isTrue();
        });
        runs.add(worker.hold(fresh("a")));
        runs.get(0).run();
        worker.settle();

        assertThat(worker.receiver.settled.all()).isEmpty();
        assertThat(bench.told(TaskEvent.Completed.class)).isEmpty();
        assertThat(bench.told(TaskEvent.LeaseLost.class)).hasSize(1);
    }

    @Test
    void anAbandonedRunGoesOnWithoutEffect() {
        Recorder<String> begun = new Recorder<>();
        CountDownLatch release = new CountDownLatch(1);
        WorkerBench worker = new WorkerBench(bench, WorkerOptions.DEFAULT, task -> {
            begun.add("begun");
            release.await();
        });
        TaskRun<String> run = worker.hold(fresh("a"));
        Thread thread = WorkerBench.start(run, begun, 1);
        assertThat(run.abandon()).isTrue();
        assertThat(run.abandon()).isFalse();
        release.countDown();
        WorkerBench.join(thread);
        worker.settle();

        assertThat(worker.receiver.settled.all()).isEmpty();
        assertThat(worker.settler.held()).isEmpty();
    }

    @Test
    void aRunThatIsInterruptedByAShutdownIsGivenBackUnlessItFinishedItsWork() {
        Recorder<String> begun = new Recorder<>();
        CountDownLatch never = new CountDownLatch(1);
        WorkerBench worker = new WorkerBench(bench, WorkerOptions.DEFAULT, task -> {
            begun.add(task.payload());
            try {
                never.await();
            } catch (InterruptedException interrupted) {
                if (task.payload().equals("gives up")) {
                    throw interrupted;
                }
            }
        });
        TaskRun<String> givesUp = worker.hold(fresh("gives up"));
        TaskRun<String> finishes = worker.hold(fresh("finishes"));
        Thread one = WorkerBench.start(givesUp, begun, 1);
        Thread two = WorkerBench.start(finishes, begun, 2);
        givesUp.interrupt(TaskRun.Cause.SHUTDOWN);
        finishes.interrupt(TaskRun.Cause.SHUTDOWN);
        WorkerBench.join(one);
        WorkerBench.join(two);
        worker.settle();

        assertThat(worker.receiver.settlements())
                .containsExactlyInAnyOrder(new Settlement.Release(givesUp.delivery), new Settlement.Ack((Delivery.Task)
                        finishes.delivery));
    }

    @Test
    void anInterruptBeforeAndAfterTheHandlerDoesNothing() {
        WorkerBench worker = new WorkerBench(bench, WorkerOptions.DEFAULT, task -> seen.add("handler"));
        TaskRun<String> run = worker.hold(fresh("a"));
        run.interrupt(TaskRun.Cause.TIMEOUT);
        run.run();
        run.interrupt(TaskRun.Cause.TIMEOUT);
        worker.settle();

        assertThat(seen).containsExactly("handler");
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        assertThat(worker.receiver.settlements()).singleElement().isInstanceOf(Settlement.Ack.class);
    }

    @Test
    void aListenerThatThrowsDisturbsNeitherTheRunNorTheOtherListeners() {
        Bench broken = new Bench();
        broken.options(builder -> builder.listener(event -> {
                    throw new StackOverflowError("a broken listener");
                })
                .listener(event -> seen.add(event.getClass().getSimpleName())));
        WorkerBench worker = new WorkerBench(broken, WorkerOptions.DEFAULT, task -> {});
        run(worker, fresh("a"));
        worker.settle();

        assertThat(seen).containsExactly("Started", "Completed");
    }

    private static TaskRun<String> run(WorkerBench worker, Delivery delivery) {
        TaskRun<String> run = worker.hold(delivery);
        run.run();
        return run;
    }
}
