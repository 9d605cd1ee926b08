package io.backgroundqueue.testkit;

import static io.backgroundqueue.testkit.Ledger.End.COMPLETED;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.Feature;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.ShutdownReport;
import io.backgroundqueue.Worker;
import io.backgroundqueue.WorkerOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Chapter 11 of the contract. Extend {@link BackgroundQueueContract}, which has all chapters. */
public abstract class CloseRules extends AdminRules {
    /** What a shutdown may take on top of its grace time: storing answers, ending connections. */
    private static final Duration BEYOND_GRACE = Duration.ofSeconds(10);

    CloseRules() {}

    @Test
    @Rule("11.1")
    public final void runningHandlersFinishWithinTheGraceTime() throws Exception {
        RecordingHandler<Integer> handler = handler();
        handler.hold();
        BackgroundQueue closing = open();
        closing.consume(topic(), Integer.class, handler, WorkerOptions.DEFAULT.concurrency(3));
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            ids.add(closing.enqueue(topic(), i).taskId());
        }
        handler.awaitStarted(3);

        CompletableFuture<ShutdownReport> report = async(() -> closing.shutdown(Duration.ofSeconds(20)));
        patience().never(report::isDone, () -> "the shutdown did not wait for running handlers");
        handler.letGo();

        ShutdownReport ended = answer(report);
        assertThat(handler.completed()).containsExactlyInAnyOrderElementsOf(ids);
        assertThat(ended.abandoned()).isEmpty();
        if (harness().takesQueueOptions()) {
            assertThat(ended.finished()).isEqualTo(3);
            assertThat(ended.released()).isZero();
        }
    }

    @Test
    @Rule("11.1")
    @Requires(Feature.DURABILITY)
    public final void whatFinishedDuringAShutdownDoesNotRunAgain() throws Exception {
        RecordingHandler<Integer> first = handler();
        first.hold();
        BackgroundQueue closing = open();
        closing.consume(topic(), Integer.class, first, WorkerOptions.DEFAULT.concurrency(4));
        List<String> ids = enqueue(topic(), List.of(1, 2, 3, 4), PLAIN);
        first.awaitStarted(4);
        CompletableFuture<ShutdownReport> report = async(() -> closing.shutdown(Duration.ofSeconds(20)));
        first.letGo();
        answer(report);

        RecordingHandler<Integer> second = handler();
        queue().consume(topic(), Integer.class, second);

        staysAt(0, second);
        assertThat(first.completed()).containsExactlyInAnyOrderElementsOf(ids);
        drained(topic());
    }

    @Test
    @Rule("11.2")
    @Requires({Feature.RELEASE, Feature.DURABILITY})
    public final void whatHadNotStartedIsThereForOthersAtOnceAndAtNoCost() throws Exception {
        RecordingHandler<Integer> first = handler();
        first.hold();
        BackgroundQueue closing = open();
        closing.consume(topic(), Integer.class, first, WorkerOptions.DEFAULT.concurrency(2));
        enqueue(topic(), IntStream.range(0, 40).boxed().toList(), PLAIN);
        first.awaitStarted(2);
        CompletableFuture<ShutdownReport> report = async(() -> closing.shutdown(Duration.ofSeconds(20)));
        RecordingHandler<Integer> second = handler();
        queue().consume(topic(), Integer.class, second);

        second.await(38);
        first.letGo();

        assertThat(answer(report).finished()).isEqualTo(2);
        staysAt(38, second);
        assertThat(first.started()).isEqualTo(2);
        assertThat(second.runs()).allSatisfy(run -> {
            assertThat(run.attempt()).isEqualTo(1);
            assertThat(run.task().interruptions()).isZero();
        });
        drained(topic());
    }

    @Test
    @Rule("11.3")
    @Requires({Feature.RELEASE, Feature.DURABILITY, Feature.ATTEMPTS})
    public final void aHandlerInterruptedByAShutdownCostsItsTaskNothing() throws Exception {
        RecordingHandler<String> first = handler();
        first.hold();
        BackgroundQueue closing = open();
        closing.consume(topic(), String.class, first);
        String id = closing.enqueue(topic(), "payload", PLAIN.attempts(1)).taskId();
        first.awaitStarted(1);

        ShutdownReport report = closing.shutdown(Duration.ofMillis(50));

        assertThat(report.abandoned()).isEmpty();
        assertThat(report.released()).isEqualTo(1);
        RecordingHandler<String> second = handler();
        queue().consume(topic(), String.class, second);
        second.awaitIds(List.of(id));
        assertThat(second.runs().get(0).attempt()).isEqualTo(1);
        assertThat(second.runs().get(0).task().interruptions()).isZero();
        staysAt(1, second);
        drained(topic());
    }

    @Test
    @Rule({"11.4", "11.6"})
    @Requires(Feature.LEASE)
    public final void aHandlerThatDoesNotEndIsReportedAndTheShutdownEndsAllTheSame() throws Exception {
        long before = nanos();

        Abandoned abandoned = abandon(PLAIN, harness().shortLease());

        assertThat(abandoned.report().abandoned()).containsExactly(abandoned.id());
        assertThat(abandoned.report().finished()).isZero();
        assertThat(abandoned.report().released()).isZero();
        assertThat(between(before, abandoned.endedNanos())).isLessThan(BEYOND_GRACE.plus(slack()));
        assertThat(abandoned.handler().running()).isEqualTo(1);
    }

    @Test
    @Rule("11.5")
    public final void closingTwiceIsHarmless() throws Exception {
        BackgroundQueue closing = open();
        closing.enqueue(topic(), "payload");

        closing.close();
        closing.close();
        assertThat(closing.shutdown(Duration.ofSeconds(1)).abandoned()).isEmpty();
    }

    @Test
    @Rule("11.5")
    public final void tenThreadsMayCloseAtOnce() throws Exception {
        RecordingHandler<Integer> handler = handler();
        BackgroundQueue closing = open();
        closing.consume(topic(), Integer.class, handler);
        for (int i = 0; i < 100; i++) {
            closing.enqueue(topic(), i);
        }

        List<ShutdownReport> reports = onThreads(10, () -> closing.shutdown(Duration.ofSeconds(5)));

        assertThat(reports)
                .hasSize(10)
                .allSatisfy(report -> assertThat(report.abandoned()).isEmpty());
    }

    @Test
    @Rule("11.6")
    public final void closingAnIdleQueueIsQuick() throws Exception {
        BackgroundQueue closing = open();
        closing.consume(topic(), String.class, task -> {});
        long before = nanos();

        ShutdownReport report = closing.shutdown(Duration.ofMinutes(10));

        assertThat(between(before, nanos())).isLessThan(BEYOND_GRACE.plus(slack()));
        assertThat(report.finished()).isZero();
        assertThat(report.released()).isZero();
        assertThat(report.unsent()).isZero();
    }

    @Test
    @Rule("11.6")
    public final void aHandlerMayCloseItsOwnQueue() throws Exception {
        BackgroundQueue closing = open();
        AtomicReference<ShutdownReport> report = new AtomicReference<>(ShutdownReport.EMPTY);
        RecordingHandler<String> handler = handler(task -> report.set(closing.shutdown(Duration.ofMillis(200))));
        closing.consume(topic(), String.class, handler);
        closing.enqueue(topic(), "payload");

        handler.await(1);

        refused(QueueException.Kind.CLOSED, () -> closing.enqueue(topic(), "payload"), "closed");
    }

    @Test
    @Rule("11.7")
    @Requires(Feature.DURABILITY)
    public final void whatWasAcceptedWhileTheQueueClosedIsStored() throws Exception {
        Ledger ledger = new Ledger();
        BackgroundQueue closing = open();
        String topic = topic();
        CountDownLatch underWay = new CountDownLatch(8);

        CompletableFuture<List<Boolean>> producing = async(() -> onThreads(8, () -> {
            QueueException.Kind end = QueueException.Kind.UNAVAILABLE;
            while (end != QueueException.Kind.CLOSED) {
                end = enqueueInto(ledger, closing, topic);
                underWay.countDown();
            }
            return true;
        }));
        assertThat(underWay.await(patience().eventually().toSeconds(), TimeUnit.SECONDS))
                .isTrue();
        ShutdownReport report = closing.shutdown(Duration.ofSeconds(5));

        assertThat(answer(producing)).hasSize(8);
        assertThat(report.abandoned()).isEmpty();
        RecordingHandler<String> handler = handler();
        queue().consume(topic, String.class, handler, WorkerOptions.DEFAULT.concurrency(20));
        int accepted = ledger.balance().accepted();
        patience().times(2).eventually(() -> handler.ended() >= accepted, () -> "not all are stored: " + handler);
        drained(topic);
        ledger.ended(COMPLETED, handler.completed());
        assertThat(ledger.assertBalanced().duplicates()).isZero();
        note("accepted while closing", accepted);
    }

    @Test
    @Rule("11.8")
    public final void endingOneWorkerLeavesTheQueueAndItsOtherWorkersAlone() throws Exception {
        String other = newTopic();
        RecordingHandler<Integer> ended = handler();
        RecordingHandler<Integer> working = handler();
        Worker worker = queue().consume(topic(), Integer.class, ended);
        queue().consume(other, Integer.class, working);

        worker.close();

        working.awaitIds(enqueue(other, List.of(1, 2, 3), PLAIN));
        queue().enqueue(topic(), 4);
        staysAt(0, ended);
    }

    @Test
    @Rule("11.9")
    @Requires(Feature.DURABILITY)
    public final void aRunningHandlerMayEnqueueWhileItsQueueCloses() throws Exception {
        String next = newTopic();
        BackgroundQueue closing = open();
        AtomicReference<String> followUp = new AtomicReference<>("none");
        RecordingHandler<String> handler =
                handler(task -> followUp.set(closing.enqueue(next, "follow-up").taskId()));
        handler.hold();
        closing.consume(topic(), String.class, handler);
        closing.enqueue(topic(), "payload");
        handler.awaitStarted(1);
        CompletableFuture<ShutdownReport> report = async(() -> closing.shutdown(Duration.ofSeconds(20)));
        patience().never(report::isDone, () -> "the shutdown did not wait for the handler");

        handler.letGo();

        answer(report);
        assertThat(handler.completed()).hasSize(1);
        RecordingHandler<String> second = handler();
        queue().consume(next, String.class, second);
        second.awaitIds(List.of(followUp.get()));
    }

    /** One enqueue, entered into the books; answers how it failed, or UNAVAILABLE if it did not. */
    private static QueueException.Kind enqueueInto(Ledger ledger, BackgroundQueue queue, String topic) {
        try {
            ledger.accepted(queue.enqueue(topic, "payload").taskId());
            return QueueException.Kind.UNAVAILABLE;
        } catch (QueueException failed) {
            if (failed.kind() == QueueException.Kind.OUTCOME_UNKNOWN) {
                ledger.unknown(failed.taskId().orElseThrow());
            }
            return failed.kind();
        }
    }

    final <T> T answer(CompletableFuture<T> future) throws Exception {
        return future.get(patience().eventually().plusSeconds(60).toSeconds(), TimeUnit.SECONDS);
    }
}
