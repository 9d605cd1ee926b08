package io.backgroundqueue.internal;

import static io.backgroundqueue.Refused.refused;
import static io.backgroundqueue.internal.Deliveries.fresh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.QueueHooks;
import io.backgroundqueue.QueuedHook;
import io.backgroundqueue.Recorder;
import io.backgroundqueue.ShutdownReport;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.Worker;
import io.backgroundqueue.spi.Duty;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.SendResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How a queue ends, with whatever is under way. */
class LifecycleTest {
    private static final Duration GRACE = Duration.ofSeconds(30);

    private final Bench bench = new Bench();
    private final CountDownLatch release = new CountDownLatch(1);

    @Test
    void aQueueThatWasNeverUsedClosesAtOnceAndTwiceIsHarmless() {
        EngineQueue queue = bench.queue();
        assertThat(queue.shutdown(GRACE)).isEqualTo(ShutdownReport.EMPTY);
        queue.close();

        assertThat(queue.shutdown(GRACE)).isEqualTo(ShutdownReport.EMPTY);
        assertThat(bench.driver.journal.all()).containsExactly("close driver");
    }

    @Test
    void closingFromTenThreadsClosesOnceRoundAfterRound() {
        for (int round = 0; round < 30; round++) {
            Bench fresh = new Bench();
            EngineQueue queue = fresh.queue();
            queue.consume("orders", String.class, task -> {});
            queue.enqueue("orders", "a");
            List<CompletableFuture<ShutdownReport>> reports = IntStream.range(0, 10)
                    .mapToObj(i -> Bench.elsewhere(() -> queue.shutdown(GRACE)))
                    .toList();
            reports.forEach(fresh::passTimeUntil);

            assertThat(reports.stream().map(CompletableFuture::join).distinct())
                    .as("round %d", round)
                    .hasSize(1);
            assertThat(fresh.driver.journal.all()).containsExactly("open orders", "close orders", "close driver");
        }
    }

    @Test
    void startingAndStoppingAgainAndAgainLeavesNothingOpenAndNoThreadBehind() {
        List<Thread> before = engineThreads();
        EngineQueue queue = bench.queue();
        for (int round = 0; round < 100; round++) {
            Worker worker = queue.consume("orders", String.class, task -> {});
            if (round % 3 == 0) {
                worker.pause();
            }
            queue.enqueue("orders", round);
            worker.shutdown(Duration.ZERO);
        }
        queue.close();

        assertThat(bench.driver.journal.all()).filteredOn("open orders"::equals).hasSize(100);
        assertThat(bench.driver.journal.all())
                .filteredOn("close orders"::equals)
                .hasSize(100);
        assertThat(bench.driver.journal.all()).last().isEqualTo("close driver");
        assertAllEnd(before);
    }

    @Test
    void noThreadIsLeftBehindAfterWorkOfAllKinds() {
        List<Thread> before = engineThreads();
        bench.driver.duties = List.of(duty("reaper"), duty("mover"));
        bench.driver.receivers = topic -> {
            ScriptedReceiver receiver = new ScriptedReceiver(topic, bench.driver);
            receiver.offer(fresh("a"), fresh("b"));
            return receiver;
        };
        EngineQueue queue = bench.queue();
        Recorder<String> handled = new Recorder<>();
        for (String topic : List.of("orders", "mails", "invoices")) {
            queue.consume(topic, String.class, task -> handled.add(task.payload()));
        }
        handled.await(6);
        queue.enqueueAsync("orders", "a").join();
        queue.close();

        assertAllEnd(before);
    }

    @Test
    void theDutiesOfADriverAreTurnedWhileSomethingIsConsumedAndClosedBeforeTheDriver() {
        bench.driver.duties = List.of(duty("reaper"));
        EngineQueue queue = bench.queue();
        queue.enqueue("orders", "a");
        assertThat(bench.driver.journal.all()).isEmpty();
        Worker worker = queue.consume("orders", String.class, task -> {});
        bench.driver.journal.await("turn reaper"::equals, 1);
        worker.shutdown(GRACE);
        int turns = turns();
        bench.time.advance(Duration.ofMinutes(10));
        queue.consume("orders", String.class, task -> {});
        bench.driver.journal.await("turn reaper"::equals, turns + 1);
        assertThat(turns()).isBetween(turns + 1, turns + 2);
        queue.close();

        assertThat(bench.driver.journal.all().stream().filter(entry -> entry.startsWith("close")))
                .containsExactly("close orders", "close orders", "close reaper", "close driver");
    }

    @Test
    void theReportSaysWhatMemoryStillHeld() {
        bench.driver.lost = () -> {
            assertThat(bench.driver.journal.all()).contains("close orders").doesNotContain("close driver");
            return 42L;
        };
        EngineQueue queue = bench.queue();
        queue.consume("orders", String.class, task -> {});

        assertThat(queue.shutdown(GRACE).discarded()).isEqualTo(42);
    }

    @Test
    void aDriverIsClosedAlsoWhenItCannotSayWhatItHeld() {
        bench.driver.lost = () -> {
            throw new BackendError(ErrorClass.TRANSIENT, "away");
        };
        EngineQueue queue = bench.queue();
        assertThatThrownBy(() -> queue.shutdown(GRACE)).isInstanceOf(IllegalStateException.class);

        assertThat(bench.driver.journal.all()).containsExactly("close driver");
        assertThat(queue.shutdown(GRACE)).isEqualTo(ShutdownReport.EMPTY);
        refused(Kind.CLOSED, () -> queue.enqueue("orders", "a"), "closed");
    }

    @Test
    void whatIsOwnedIsClosedAfterTheDriverEvenIfSomethingFails() {
        EngineQueue queue = EngineQueue.open(
                bench.driver,
                bench.options,
                List.of(
                        () -> {
                            bench.driver.journal.add("close first");
                            throw new IllegalStateException("first failed");
                        },
                        () -> bench.driver.journal.add("close second")));
        queue.close();

        assertThat(bench.driver.journal.all()).containsExactly("close driver", "close first", "close second");
    }

    @Test
    void workersAreShutDownSideBySide() {
        CountDownLatch both = new CountDownLatch(2);
        bench.driver.receivers = topic -> {
            ScriptedReceiver receiver = new ScriptedReceiver(topic, bench.driver);
            receiver.parking = () -> {
                both.countDown();
                return true;
            };
            receiver.offer(fresh("of " + topic));
            return receiver;
        };
        EngineQueue queue = bench.queue();
        Recorder<String> handled = new Recorder<>();
        for (String topic : List.of("orders", "mails")) {
            queue.consume(topic, String.class, task -> {
                handled.add(task.payload());
                release.await();
            });
        }
        handled.await(2);
        CompletableFuture<ShutdownReport> report = Bench.elsewhere(() -> queue.shutdown(GRACE));
        Recorder.within(both::await);
        release.countDown();

        assertThat(bench.passTimeUntil(report).finished()).isEqualTo(2);
    }

    @Test
    void aHandlerThatStillRunsMayEnqueueAndItsTaskIsSent() {
        ScriptedReceiver receiver = new ScriptedReceiver("orders", bench.driver);
        bench.driver.receivers = topic -> receiver;
        EngineQueue queue = bench.queue();
        Recorder<Object> followUps = new Recorder<>();
        Recorder<String> begun = new Recorder<>();
        queue.consume("orders", String.class, task -> {
            begun.add(task.payload());
            release.await();
            followUps.add(queue.enqueue("mails", "follow-up of " + task.payload()));
        });
        receiver.offer(fresh("a"));
        begun.await(1);
        CompletableFuture<ShutdownReport> report = Bench.elsewhere(() -> queue.shutdown(GRACE));
        receiver.parks.await(1);
        release.countDown();
        bench.passTimeUntil(report);

        assertThat(followUps.await(EnqueueReceipt.class).topic()).isEqualTo("mails");
        assertThat(report.join().finished()).isEqualTo(1);
    }

    @Test
    void pendingSendsAndHooksAreFlushed() {
        CountDownLatch sending = new CountDownLatch(1);
        bench.driver.sending = (batch, timeout) -> {
            sending.countDown();
            release.await();
            return ScriptedDriver.all(batch, SendResult.ACCEPTED);
        };
        EngineQueue queue = bench.queue();
        QueuedHook<String> hook = QueueHooks.queueHook(queue, "runs", run -> run);
        hook.accept("a");
        Recorder.within(sending::await);
        CompletableFuture<EnqueueReceipt> answer = queue.enqueueAsync("orders", "b");
        assertThat(hook.pending()).isEqualTo(1);
        CompletableFuture<ShutdownReport> report = Bench.elsewhere(() -> queue.shutdown(Duration.ZERO));
        assertThat(report).isNotDone();
        release.countDown();

        assertThat(bench.passTimeUntil(report).unsent()).isZero();
        assertThat(answer.join().topic()).isEqualTo("orders");
        bench.passTimeUntil(() -> hook.pending() == 0);
        assertThat(bench.told(TaskEvent.HookFailed.class)).isEmpty();
    }

    @Test
    void aSendThatHangsIsFailedAfterThreeSecondsAndCounted() {
        CountDownLatch sending = new CountDownLatch(1);
        bench.driver.sending = (batch, timeout) -> {
            sending.countDown();
            release.await();
            return ScriptedDriver.all(batch, SendResult.ACCEPTED);
        };
        EngineQueue queue = bench.queue();
        CompletableFuture<EnqueueReceipt> sent = queue.enqueueAsync("orders", "sent");
        Recorder.within(sending::await);
        CompletableFuture<EnqueueReceipt> waiting = queue.enqueueAsync("orders", "waiting");
        CompletableFuture<ShutdownReport> report = Bench.elsewhere(() -> queue.shutdown(Duration.ZERO));
        bench.passTimeUntil(() -> waiting.isDone() && sent.isDone());
        release.countDown();

        assertThat(bench.passTimeUntil(report).unsent()).isEqualTo(2);
        assertThat(kindOf(sent)).isEqualTo(Kind.OUTCOME_UNKNOWN);
        assertThat(kindOf(waiting)).isEqualTo(Kind.UNAVAILABLE);
    }

    @Test
    void aWorkerThatIsOpenedWhileTheQueueClosesIsClosedAgain() {
        CountDownLatch opening = new CountDownLatch(1);
        bench.driver.administering = () -> {
            opening.countDown();
            release.await();
            return true;
        };
        EngineQueue queue = bench.queue();
        CompletableFuture<Throwable> consuming =
                Bench.elsewhere(() -> catchThrowable(() -> queue.consume("orders", String.class, task -> {})));
        Recorder.within(opening::await);
        queue.shutdown(Duration.ZERO);
        release.countDown();

        assertThat(consuming.join())
                .isInstanceOfSatisfying(
                        QueueException.class, error -> assertThat(error.kind()).isEqualTo(Kind.CLOSED));
        assertThat(bench.driver.journal.all()).contains("open orders", "close orders");
    }

    private int turns() {
        return (int) bench.driver.journal.all().stream()
                .filter("turn reaper"::equals)
                .count();
    }

    private Duty duty(String name) {
        return new Duty() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public Duration turn() {
                bench.driver.journal.add("turn " + name);
                return Duration.ofHours(1);
            }

            @Override
            public void close() {
                bench.driver.journal.add("close " + name);
            }
        };
    }

    private static Kind kindOf(CompletableFuture<?> answer) {
        return ((QueueException) catchThrowable(answer::join).getCause()).kind();
    }

    private static List<Thread> engineThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("bq-"))
                .toList();
    }

    private static void assertAllEnd(List<Thread> before) {
        List<Thread> left = new ArrayList<>(engineThreads());
        left.removeAll(before);
        left.forEach(WorkerBench::join);
    }
}
