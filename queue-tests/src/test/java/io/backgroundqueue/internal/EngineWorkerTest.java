package io.backgroundqueue.internal;

import static io.backgroundqueue.Refused.invalid;
import static io.backgroundqueue.Refused.refused;
import static io.backgroundqueue.internal.Deliveries.fresh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.LIST;

import io.backgroundqueue.BackgroundTask;
import io.backgroundqueue.Feature;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.Recorder;
import io.backgroundqueue.ShutdownReport;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.Worker;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.spi.Duty;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A worker of a whole queue on threads; only the clock is turned by hand. */
class EngineWorkerTest {
    private static final Duration GRACE = Duration.ofSeconds(30);

    private final Bench bench = new Bench();
    private final ScriptedReceiver receiver = new ScriptedReceiver("orders", bench.driver);
    private final Recorder<String> handled = new Recorder<>();
    private final CountDownLatch release = new CountDownLatch(1);
    private EngineQueue queue;

    private EngineQueue open() {
        bench.driver.receivers = topic -> topic.equals("orders") ? receiver : new ScriptedReceiver(topic, bench.driver);
        queue = bench.queue();
        return queue;
    }

    private Worker consume(WorkerOptions options) {
        return open().consume("orders", String.class, this::wait, options);
    }

    private void wait(BackgroundTask<String> task) throws InterruptedException {
        handled.add(task.payload());
        if (!task.payload().startsWith("quick")) {
            release.await();
        }
    }

    @AfterEach
    void close() {
        release.countDown();
        if (queue != null) {
            bench.passTimeUntil(Bench.elsewhere(() -> queue.shutdown(Duration.ZERO)));
        }
        assertThat(bench.driver.interrupted)
                .as("a thread of the driver's was interrupted")
                .isFalse();
    }

    @Test
    void whatComesIsRunAndItsVerdictStored() {
        consume(WorkerOptions.DEFAULT);
        receiver.offer(fresh("quick 1"), fresh("quick 2"));
        receiver.settled.await(1);
        bench.events.await(TaskEvent.Completed.class::isInstance, 2);

        assertThat(handled.all()).containsExactlyInAnyOrder("quick 1", "quick 2");
        assertThat(receiver.settlements()).hasSize(2).allMatch(Settlement.Ack.class::isInstance);
    }

    @Test
    void aReceiverKnowsItsWorker() {
        open();
        queue.consume(
                "orders",
                String.class,
                this::wait,
                WorkerOptions.DEFAULT.concurrency(7).prefetch(3).leaseDuration(Duration.ofSeconds(12)));
        queue.consume("mails", String.class, this::wait);

        ReceiverOptions asked = bench.driver.receiverOptions.all().get(0);
        assertThat(asked)
                .isEqualTo(new ReceiverOptions(
                        7,
                        OptionalInt.of(3),
                        507,
                        16 << 20,
                        Duration.ofSeconds(12),
                        Duration.ofSeconds(3),
                        Duration.ofSeconds(10),
                        asked.workerId()));
        ReceiverOptions defaults = bench.driver.receiverOptions.all().get(1);
        assertThat(defaults.concurrency()).isEqualTo(10);
        assertThat(defaults.lease()).isEqualTo(Duration.ofSeconds(30));
        assertThat(defaults.prefetch()).isEmpty();
        assertThat(defaults.workerId()).isNotEqualTo(asked.workerId());
    }

    @Test
    void noMoreRunAtOnceThanWereAskedForAndTheReceiverIsCalledMeanwhile() {
        consume(WorkerOptions.DEFAULT.concurrency(2));
        receiver.offer(fresh("a"), fresh("b"), fresh("c"));
        handled.await(2);
        int before = receiver.receives.all().size();
        bench.passTimeUntil(() -> receiver.receives.all().size() > before + 3);

        assertThat(handled.all()).hasSize(2);
        assertThat(receiver.receives.all().subList(before, before + 3)).containsOnly(0);
        release.countDown();
        handled.await(3);
    }

    @Test
    void aPauseReturnsWhenTheReceiverIsParkedAndOthersGoOn() {
        Worker worker = consume(WorkerOptions.DEFAULT);
        Recorder<String> mails = new Recorder<>();
        ScriptedReceiver other = new ScriptedReceiver("mails", bench.driver);
        bench.driver.receivers = topic -> other;
        queue.consume("mails", String.class, task -> mails.add(task.payload()));
        worker.pause();
        assertThat(receiver.parks.all()).hasSize(1);
        receiver.offer(fresh("quick 1"));
        other.offer(fresh("quick mail"));
        mails.await(1);
        assertThat(handled.all()).isEmpty();
        worker.resume();

        handled.await(1);
        assertThat(worker.topic()).isEqualTo("orders");
    }

    @Test
    void aTopicHasOneWorkerPerQueueUntilItIsShutDown() {
        Worker worker = consume(WorkerOptions.DEFAULT);
        invalid(
                () -> queue.consume("orders", String.class, task -> {}),
                "consumes 'orders' already",
                "concurrency",
                "second queue");
        worker.shutdown(GRACE);

        assertThat(queue.consume("orders", String.class, task -> {}).topic()).isEqualTo("orders");
    }

    @Test
    void badInputIsRefusedBeforeAnythingIsOpened() {
        bench.driver.capabilities = Capable.without(Feature.LEASE);
        open();
        invalid(() -> queue.consume("a topic", String.class, task -> {}), "'a topic'");
        invalid(() -> queue.consume("orders", String.class, null), "handler for 'orders' is null");
        refused(
                Kind.UNSUPPORTED,
                () -> queue.consume("orders", String.class, task -> {}, WorkerOptions.DEFAULT.leaseDuration(GRACE)),
                "leaseDuration(PT30S)");

        assertThat(bench.driver.journal.all()).isEmpty();
    }

    @Test
    void aReceiverThatCannotBeOpenedLeavesTheTopicFree() {
        open();
        bench.driver.administering = () -> {
            throw new BackendError(ErrorClass.MISCONFIGURED, "no such vhost");
        };
        refused(
                Kind.MISCONFIGURED,
                () -> queue.consume("orders", String.class, task -> {}),
                "Consuming 'orders'",
                "no such vhost");
        bench.driver.administering = () -> true;

        assertThat(queue.consume("orders", String.class, task -> {}).topic()).isEqualTo("orders");
    }

    @Test
    void anExecutorThatRejectsCostsNoTask() {
        AtomicInteger rejections = new AtomicInteger();
        bench.options(builder -> builder.executor(run -> {
            if (rejections.incrementAndGet() == 1) {
                throw new RejectedExecutionException("no thread");
            }
            new Thread(run, "test-handler").start();
        }));
        consume(WorkerOptions.DEFAULT);
        receiver.offer(fresh("quick 1"));
        receiver.settled.await(1);
        assertThat(receiver.settlements()).singleElement().isInstanceOf(Settlement.Release.class);
        assertThat(bench.events.await(TaskEvent.BackendLost.class).part()).isEqualTo("receive");
        receiver.offer(fresh("quick 2"));
        bench.passTimeUntil(() -> handled.all().contains("quick 2"));

        bench.events.await(TaskEvent.BackendBack.class);
    }

    @Test
    void aReceiverThatThrowsIsCalledAgainForEver() {
        AtomicInteger calls = new AtomicInteger();
        receiver.beforeReceive = () -> {
            if (calls.incrementAndGet() <= 5) {
                throw new BackendError(ErrorClass.TRANSIENT, "away");
            }
            return true;
        };
        consume(WorkerOptions.DEFAULT);
        receiver.offer(fresh("quick 1"));
        bench.passTimeUntil(() -> handled.all().size() == 1);

        assertThat(bench.told(TaskEvent.BackendLost.class)).hasSize(1);
        bench.events.await(TaskEvent.BackendBack.class);
    }

    @Test
    void leasesAreRenewedWhileAHandlerRuns() {
        consume(WorkerOptions.DEFAULT);
        receiver.offer(fresh("a"));
        handled.await(1);
        int before = receiver.extended.all().size();
        bench.passTimeUntil(() -> receiver.extended.all().size() >= before + 2);

        assertThat(receiver.extended.all()).last().asInstanceOf(LIST).hasSize(1);
    }

    @Test
    void aHandlerThatRunsTooLongIsInterruptedAndNobodyElseIs() {
        consume(WorkerOptions.DEFAULT.timeout(Duration.ofSeconds(5)));
        receiver.offer(fresh("a"));
        handled.await(1);
        bench.passTimeUntil(() -> receiver.settlements().size() == 1);

        assertThat(receiver.settlements().get(0)).isInstanceOf(Settlement.Later.class);
    }

    @Test
    void aShutdownWaitsForWhatRunsAndStoresItsVerdict() {
        Worker worker = consume(WorkerOptions.DEFAULT);
        receiver.offer(fresh("a"));
        handled.await(1);
        CompletableFuture<ShutdownReport> report = Bench.elsewhere(() -> worker.shutdown(GRACE));
        receiver.parks.await(1);
        assertThat(report).isNotDone();
        release.countDown();

        assertThat(bench.passTimeUntil(report)).isEqualTo(new ShutdownReport(1, 0, List.of(), 0, 0));
        assertThat(receiver.settlements()).singleElement().isInstanceOf(Settlement.Ack.class);
        assertThat(bench.driver.journal.all()).containsExactly("open orders", "close orders");
    }

    @Test
    void whatAReceiveBringsThatWasUnderWayAtAShutdownIsGivenBack() {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        receiver.duties = List.of(closing(closed));
        receiver.beforeReceive = () -> {
            asked.countDown();
            return closed.await(300, TimeUnit.MILLISECONDS); // whoever does not wait for the answer closes meanwhile
        };
        Worker worker = consume(WorkerOptions.DEFAULT);
        receiver.offer(fresh("a"));
        Recorder.within(asked::await);
        ShutdownReport report = bench.passTimeUntil(Bench.elsewhere(() -> worker.shutdown(GRACE)));

        assertThat(handled.all()).isEmpty();
        assertThat(receiver.settlements()).singleElement().isInstanceOf(Settlement.Release.class);
        assertThat(report).isEqualTo(new ShutdownReport(0, 1, List.of(), 0, 0));
    }

    private static Duty closing(CountDownLatch closed) {
        return new Duty() {
            @Override
            public String name() {
                return "some duty";
            }

            @Override
            public Duration turn() {
                return Duration.ofHours(1);
            }

            @Override
            public void close() {
                closed.countDown();
            }
        };
    }

    @Test
    void aHandlerIsInterruptedWhenTheGraceIsOverAndItsTaskGivenBack() {
        Worker worker = consume(WorkerOptions.DEFAULT);
        receiver.offer(fresh("a"));
        handled.await(1);
        ShutdownReport report = bench.passTimeUntil(Bench.elsewhere(() -> worker.shutdown(Duration.ofSeconds(1))));

        assertThat(report).isEqualTo(new ShutdownReport(0, 1, List.of(), 0, 0));
        assertThat(receiver.settlements()).singleElement().isInstanceOf(Settlement.Release.class);
        assertThat(bench.told(TaskEvent.Released.class)).hasSize(1);
    }

    @Test
    void aHandlerThatNeverEndsIsAbandonedAndItsTaskNeverReleased() {
        CountDownLatch deaf = new CountDownLatch(1);
        open().consume("orders", String.class, task -> {
            handled.add(task.payload());
            while (deaf.getCount() > 0) {
                Thread.onSpinWait();
            }
        });
        receiver.offer(fresh("a"));
        handled.await(1);
        ShutdownReport report = bench.passTimeUntil(Bench.elsewhere(() -> queue.shutdown(Duration.ofSeconds(1))));
        deaf.countDown();

        assertThat(report.abandoned()).containsExactly("a");
        assertThat(report.released()).isZero();
        assertThat(receiver.settled.all()).isEmpty();
        assertThat(bench.driver.journal.all()).containsExactly("open orders", "close orders", "close driver");
    }

    @Test
    void shuttingDownTwiceAndFromManyThreadsGivesOneReport() {
        Worker worker = consume(WorkerOptions.DEFAULT);
        receiver.offer(fresh("quick 1"));
        bench.events.await(TaskEvent.Completed.class);
        List<CompletableFuture<ShutdownReport>> reports = IntStream.range(0, 10)
                .mapToObj(i -> Bench.elsewhere(() -> worker.shutdown(GRACE)))
                .toList();
        reports.forEach(CompletableFuture::join);

        assertThat(reports.stream().map(CompletableFuture::join).distinct()).hasSize(1);
        assertThat(worker.shutdown(GRACE)).isEqualTo(reports.get(0).join());
        assertThat(bench.driver.journal.all()).containsExactly("open orders", "close orders");
    }

    @Test
    void aHandlerMayShutItsOwnWorkerDown() {
        Recorder<Worker> own = new Recorder<>();
        Recorder<ShutdownReport> reports = new Recorder<>();
        Worker worker = open().consume("orders", String.class, task -> {
            handled.add(task.payload());
            reports.add(own.await(1).get(0).shutdown(Duration.ZERO));
        });
        own.add(worker);
        receiver.offer(fresh("a"));
        handled.await(1);
        bench.passTimeUntil(() -> reports.all().size() == 1);

        assertThat(reports.all().get(0).abandoned()).containsExactly("a");
    }

    @Test
    void theDutiesOfAReceiverAreTurnedAndClosedBeforeIt() {
        receiver.duties = List.of(new Duty() {
            @Override
            public String name() {
                return "long-poll";
            }

            @Override
            public Duration turn() {
                handled.add("turn");
                return Duration.ofHours(1);
            }

            @Override
            public void close() {
                bench.driver.journal.add("close duty");
            }
        });
        Worker worker = consume(WorkerOptions.DEFAULT);
        handled.await(1);
        worker.shutdown(GRACE);

        assertThat(bench.driver.journal.all()).containsExactly("open orders", "close duty", "close orders");
    }

    @Test
    void verdictsThatCannotBeStoredAtAShutdownAreGivenUpAfterEightSeconds() {
        receiver.settling = batch -> {
            throw new BackendError(ErrorClass.TRANSIENT, "away");
        };
        Worker worker = consume(WorkerOptions.DEFAULT);
        receiver.offer(fresh("quick 1"));
        receiver.settled.await(1);
        Instant before = bench.time.now();
        ShutdownReport report = bench.passTimeUntil(Bench.elsewhere(() -> worker.shutdown(GRACE)));

        assertThat(report.finished()).isZero();
        assertThat(Duration.between(before, bench.time.now())).isBetween(Duration.ofSeconds(7), Duration.ofSeconds(18));
        assertThat(bench.driver.journal.all()).containsExactly("open orders", "close orders");
    }
}
