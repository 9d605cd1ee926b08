package io.backgroundqueue.internal;

import static io.backgroundqueue.Refused.refused;
import static io.backgroundqueue.internal.SendBench.error;
import static io.backgroundqueue.internal.SendBench.receipt;
import static io.backgroundqueue.spi.SampleTask.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.EnqueueReceipt.Status;
import io.backgroundqueue.Limits;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.Recorder;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.SampleTask;
import io.backgroundqueue.spi.SendResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How batches are made; every turn is taken by hand. */
class SendBatcherTest {
    private final Bench bench = new Bench();

    @Test
    void anIdleBatcherSendsAtOnceAndAnswersWithAReceipt() {
        bench.driver.sending = (batch, timeout) -> {
            bench.time.advance(Duration.ofMillis(3));
            return ScriptedDriver.all(batch, new SendResult.Accepted(Optional.of("partition 4, offset 7")));
        };
        SendBench send = new SendBench(bench);
        assertThat(send.turn()).isEqualTo(Duration.ofHours(1));
        PendingSend pending = send.add("a");
        assertThat(send.wakes(0)).isEqualTo(1);
        assertThat(send.turn()).isEqualTo(Duration.ZERO);

        EnqueueReceipt receipt = new EnqueueReceipt(
                "a",
                "orders",
                Status.ACCEPTED,
                Optional.empty(),
                SampleTask.MADE,
                Optional.of("partition 4, offset 7"));
        assertThat(receipt(pending)).isEqualTo(receipt);
        assertThat(bench.events.all()).containsExactly(new TaskEvent.Enqueued("orders", receipt, Duration.ofMillis(3)));
    }

    @Test
    void whileABatchIsOnItsWayTheNextFills() {
        SendBench send = new SendBench(bench);
        bench.driver.sending = (batch, timeout) -> {
            if (batch.get(0).taskId().equals("first")) {
                send.add("second");
                send.add("third");
            }
            return ScriptedDriver.all(batch, SendResult.ACCEPTED);
        };
        send.add("first");
        send.turn();
        send.turn();

        assertThat(bench.driver.sent()).containsExactly(List.of("first"), List.of("second", "third"));
    }

    @Test
    void aBatchKeepsTheBackendsLimits() {
        bench.driver.capabilities = Capable.limited(Limits.DEFAULT.send(3, 100, 1));
        SendBench send = new SendBench(bench);
        for (String id : List.of("a", "b", "c", "d")) {
            send.add(id);
        }
        send.add(sized("e", 60), false);
        send.add(sized("f", 60), false);
        send.add(sized("larger than a whole batch", 400), false);
        send.add("g");
        for (int i = 0; i < 5; i++) {
            send.turn();
        }

        assertThat(bench.driver.sent())
                .containsExactly(
                        List.of("a", "b", "c"),
                        List.of("d", "e"),
                        List.of("f"),
                        List.of("larger than a whole batch"),
                        List.of("g"));
    }

    @Test
    void severalSendersTakeWhatOneLeaves() {
        bench.driver.capabilities = Capable.limited(Limits.DEFAULT.send(2, 1_000, 2));
        SendBench send = new SendBench(bench);
        send.turn(0);
        send.turn(1);
        for (String id : List.of("a", "b", "c")) {
            send.add(id);
        }
        int wokenBefore = send.wakes(0) + send.wakes(1);
        assertThat(wokenBefore).isEqualTo(2);
        send.turn(0);
        send.turn(1);

        assertThat(bench.driver.sent()).containsExactly(List.of("a", "b"), List.of("c"));
    }

    @Test
    void anIdleSenderIsWokenOnceAndABusyOneIsNot() {
        SendBench send = new SendBench(bench);
        send.turn();
        send.add("a");
        send.add("b");
        assertThat(send.wakes(0)).isEqualTo(1);

        send.turn();
        send.add("c");
        assertThat(send.wakes(0)).isEqualTo(1);
        send.turn();
        assertThat(bench.driver.sent()).containsExactly(List.of("a", "b"), List.of("c"));
    }

    @Test
    void anAsynchronousCallerIsRefusedAtOnceWhenTenThousandWait() {
        SendBench send = new SendBench(bench);
        for (int i = 0; i < 10_000; i++) {
            send.add("task-" + i);
        }

        refused(Kind.OVERLOADED, () -> send.add("one more"), "10000 tasks", "64 MiB", "Nothing was stored");
        send.turn();
        assertThat(bench.driver.batches.all().get(0)).hasSize(1_000);
        assertThat(send.add("there is room again")).isNotNull();
    }

    @Test
    void whatIsOnItsWayOrStandsAsideTakesRoomToo() {
        SendBench send = new SendBench(bench);
        bench.driver.sending = (batch, timeout) -> {
            refused(Kind.OVERLOADED, () -> send.add("while it is sent"), "full");
            throw new BackendError(ErrorClass.TRANSIENT, "away");
        };
        for (int i = 0; i < 10_000; i++) {
            send.add("task-" + i);
        }
        send.turn();

        refused(Kind.OVERLOADED, () -> send.add("while it stands aside"), "full");
    }

    @Test
    void sixtyFourMebibytesAreTheOtherBound() {
        SendBench send = new SendBench(bench);
        Bytes half = Bytes.wrap(new byte[32 << 20]);
        send.add(task("a").payload(half), false);
        send.add(task("b").payload(half), false);

        refused(Kind.OVERLOADED, () -> send.add(task("c").payload(Bytes.utf8("x")), false), "64 MiB");
        send.turn();
        assertThat(send.add(task("c").payload(half), false)).isNotNull();
    }

    @Test
    void whoWaitsForRoomToItsDeadlineIsOverloadedToo() throws Exception {
        SendBench send = new SendBench(bench);
        send.add(task("a").payload(Bytes.wrap(new byte[64 << 20])), false);
        Recorder<Throwable> errors = new Recorder<>();
        Thread patient = new Thread(() -> errors.add(catchThrowable(() -> send.add(task("b"), true))));
        patient.start();
        bench.time.awaitWaiters(1, Recorder.PATIENCE);
        bench.time.advance(SendBench.TIMEOUT.minusNanos(1));
        assertThat(errors.all()).isEmpty();
        bench.time.advance(Duration.ofNanos(1));

        assertThat(errors.await(QueueException.class).kind()).isEqualTo(Kind.OVERLOADED);
    }

    @Test
    void whoWaitsForRoomGetsInWhenThereIsSomeAndIsToldWhenTheQueueIsClosed() throws Exception {
        SendBench send = new SendBench(bench);
        send.add(task("a").payload(Bytes.wrap(new byte[64 << 20])), false);
        Recorder<PendingSend> taken = new Recorder<>();
        Thread patient = new Thread(() -> taken.add(send.add(task("b"), true)));
        patient.start();
        bench.time.awaitWaiters(1, Recorder.PATIENCE);
        send.turn();
        taken.await(1);

        send.turn();
        send.add(task("c").payload(Bytes.wrap(new byte[64 << 20])), false);
        Recorder<Throwable> errors = new Recorder<>();
        new Thread(() -> errors.add(catchThrowable(() -> send.add(task("d"), true)))).start();
        bench.time.awaitWaiters(1, Recorder.PATIENCE);
        send.batcher.close();
        assertThat(errors.await(QueueException.class).kind()).isEqualTo(Kind.CLOSED);
    }

    @Test
    void aSingleTaskLargerThanTheBoundIsTakenAlone() {
        SendBench send = new SendBench(bench);
        Bytes huge = Bytes.wrap(new byte[(64 << 20) + 1]);
        PendingSend pending = send.add(task("huge").payload(huge), false);

        refused(Kind.OVERLOADED, () -> send.add("small"), "full");
        send.turn();
        assertThat(receipt(pending).taskId()).isEqualTo("huge");
    }

    @Test
    void theDriverIsToldTheLongestRemainingTimeOfItsBatch() {
        List<Duration> timeouts = new ArrayList<>();
        bench.driver.sending = (batch, timeout) -> {
            timeouts.add(timeout);
            return ScriptedDriver.all(batch, SendResult.ACCEPTED);
        };
        SendBench send = new SendBench(bench);
        send.add("a");
        bench.time.advance(Duration.ofSeconds(4));
        send.add("b");
        bench.time.advance(Duration.ofSeconds(1));
        send.turn();

        assertThat(timeouts).containsExactly(Duration.ofSeconds(9));
    }

    @Test
    void closingFailsWhatIsLeftAndCountsIt() {
        SendBench send = new SendBench(bench);
        PendingSend waiting = send.add("waiting");

        assertThat(send.batcher.close()).isEqualTo(1);
        assertThat(error(waiting).kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(error(waiting))
                .hasMessageContaining("before the queue was closed")
                .hasMessageContaining("surely not");
        assertThat(bench.loops.started).allMatch(loop -> loop.stopped);
        refused(Kind.CLOSED, () -> send.add("after the end"), "closed", "Open a new one");
        assertThat(send.batcher.close()).isZero();
    }

    @Test
    void closingWhileABatchIsOnItsWayLeavesItsOutcomeUnknownAndALateAnswerChangesNothing() {
        SendBench send = new SendBench(bench);
        bench.driver.sending = (batch, timeout) -> {
            assertThat(send.batcher.close()).isEqualTo(1);
            return ScriptedDriver.all(batch, SendResult.ACCEPTED);
        };
        PendingSend pending = send.add("a");
        send.turn();

        assertThat(error(pending).kind()).isEqualTo(Kind.OUTCOME_UNKNOWN);
        assertThat(bench.told(TaskEvent.EnqueueFailed.class)).hasSize(1);
        assertThat(bench.told(TaskEvent.Enqueued.class)).isEmpty();
    }

    @Test
    void aListenerMayEnqueueAndOthersMayGoOnMeanwhile() {
        List<PendingSend> further = new ArrayList<>();
        List<SendBench> benches = new ArrayList<>();
        bench.options(builder -> builder.listener(event -> {
            if (further.isEmpty()) {
                Thread other = new Thread(() -> further.add(benches.get(0).add("from a listener, on another thread")));
                other.start();
                Recorder.within((time, unit) -> {
                    other.join(unit.toMillis(time));
                    return !other.isAlive();
                });
            }
        }));
        SendBench send = new SendBench(bench);
        benches.add(send);
        PendingSend pending = send.add("a");
        send.turn();
        assertThat(receipt(pending).taskId()).isEqualTo("a");
        assertThat(further).hasSize(1);
        send.turn();

        assertThat(receipt(further.get(0)).status()).isEqualTo(Status.ACCEPTED);
    }

    private static SampleTask sized(String id, int bytes) {
        return task(id).payload(Bytes.wrap(new byte[bytes]));
    }
}
