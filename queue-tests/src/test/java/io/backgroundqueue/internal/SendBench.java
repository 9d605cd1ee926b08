package io.backgroundqueue.internal;

import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.Recorder;
import io.backgroundqueue.spi.SampleTask;
import java.time.Duration;
import java.util.concurrent.CompletionException;

/** A batcher whose turns the test takes. */
final class SendBench {
    static final Duration TIMEOUT = Duration.ofSeconds(10);

    final Bench bench;
    final EngineContext context;
    final SendBatcher batcher;

    SendBench(Bench bench) {
        this.bench = bench;
        this.context = bench.context();
        this.batcher = new SendBatcher(context);
        batcher.start();
    }

    /** Takes a task in, as an asynchronous caller would. */
    PendingSend add(String id) {
        return add(SampleTask.task(id), false);
    }

    PendingSend add(SampleTask task, boolean patient) {
        PendingSend pending = new PendingSend(task.envelope(), bench.time.nanos(), bench.time.deadline(TIMEOUT));
        try {
            batcher.add(pending, patient);
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
        return pending;
    }

    /** One turn of the first sender. */
    Duration turn() {
        return bench.loops.turn("sender-0");
    }

    Duration turn(int sender) {
        return bench.loops.turn("sender-" + sender);
    }

    /** One turn of whoever watches the deadlines. */
    Duration deadlines() {
        return bench.loops.turn("deadlines");
    }

    int wakes(int sender) {
        return bench.loops.loop("sender-" + sender).wakes;
    }

    static EnqueueReceipt receipt(PendingSend pending) {
        Recorder.within((time, unit) -> pending.answer.isDone());
        return pending.answer.join();
    }

    static QueueException error(PendingSend pending) {
        try {
            throw new AssertionError("it was accepted: " + receipt(pending));
        } catch (CompletionException failed) {
            return (QueueException) failed.getCause();
        }
    }
}
