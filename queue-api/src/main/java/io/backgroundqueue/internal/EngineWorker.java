package io.backgroundqueue.internal;

import io.backgroundqueue.ShutdownReport;
import io.backgroundqueue.Time;
import io.backgroundqueue.Worker;
import io.backgroundqueue.internal.Loops.Loop;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Duty;
import io.backgroundqueue.spi.Receiver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** One topic's worker: its parts, and how they start and stop. */
final class EngineWorker<T> implements Worker {
    /** How many verdicts may wait for a slow backend beyond the tasks that run. */
    private static final int UNSETTLED_BEYOND_RUNNING = 500;

    /** How long interrupted handlers get at a shutdown to give their answer. */
    private static final Duration INTERRUPT_GRACE = Duration.ofSeconds(2);

    private final EngineContext context;
    private final WorkerParts<T> parts;
    private final WorkerLoop<T> workerLoop;
    private final Runnable onEnd;
    private final AtomicBoolean ending = new AtomicBoolean();
    private final CompletableFuture<ShutdownReport> report = new CompletableFuture<>();
    private final List<Loop> keepers = new ArrayList<>();
    private Loop receiving = new NoLoop();
    private int finishedBefore;
    private int releasedBefore;

    EngineWorker(EngineContext context, WorkerSpec<T> spec, Receiver receiver, Runnable onEnd) {
        this.context = context;
        this.onEnd = onEnd;
        Slots slots = new Slots(context.time(), spec.concurrency(), maxUnsettled(spec));
        WorkerParts.Wake freed = new WorkerParts.Wake();
        SettleBatcher settler = new SettleBatcher(context, spec.topic(), receiver, slots, freed);
        this.parts = new WorkerParts<>(
                context, spec, new Verdicts(context, spec), slots, settler, new AtomicBoolean(), freed);
        this.workerLoop = new WorkerLoop<>(parts, receiver);
    }

    static int maxUnsettled(WorkerSpec<?> spec) {
        return spec.concurrency() + UNSETTLED_BEYOND_RUNNING;
    }

    private static final class NoLoop implements Loop {
        @Override
        public void wake() {}

        @Override
        public void stop() {}
    }

    void start(Receiver receiver) {
        Loop settling = start(parts.settler());
        parts.settler().wakeUp().to(settling::wake);
        start(new LeaseKeeper(context, receiver, parts.settler(), parts.spec().lease()));
        parts.spec().options().timeout().ifPresent(timeout -> start(new TimeoutKeeper(parts.settler(), timeout)));
        receiver.duties().forEach(this::start);
        receiving = context.loops().start(workerLoop, topic(), true);
        parts.loop().to(receiving::wake);
    }

    @Override
    public String topic() {
        return parts.spec().topic();
    }

    @Override
    public void pause() {
        await(workerLoop.pause());
    }

    @Override
    public void resume() {
        workerLoop.resume();
    }

    @Override
    public ShutdownReport shutdown(Duration grace) {
        long deadline = context.time().deadline(grace);
        beginShutdown();
        return endShutdown(deadline);
    }

    /** Stops intake, and returns at once. */
    void beginShutdown() {
        finishedBefore = parts.settler().finished();
        releasedBefore = parts.settler().released();
        workerLoop.drain();
    }

    /** Waits for running handlers to the deadline, stores what they answer, and ends. */
    ShutdownReport endShutdown(long deadlineNanos) {
        if (!ending.compareAndSet(false, true)) {
            return report.join();
        }
        List<String> abandoned = List.of();
        try {
            if (!noneRunning(deadlineNanos)) {
                abandoned = interruptAndAbandon();
            }
            flushVerdicts();
        } catch (InterruptedException interrupted) {
            abandoned = abandon();
            Thread.currentThread().interrupt();
        } finally {
            keepers.forEach(Loop::stop);
            receiving.stop();
            onEnd.run();
            report.complete(new ShutdownReport(
                    parts.settler().finished() - finishedBefore,
                    parts.settler().released() - releasedBefore,
                    abandoned,
                    0,
                    0));
        }
        return report.join();
    }

    private boolean noneRunning(long deadlineNanos) throws InterruptedException {
        return context.loops().mayWait() && parts.slots().awaitNoneRunning(deadlineNanos);
    }

    private List<String> interruptAndAbandon() throws InterruptedException {
        parts.settler().held().forEach(run -> run.interrupt(TaskRun.Cause.SHUTDOWN));
        Time time = context.time();
        return noneRunning(time.deadline(INTERRUPT_GRACE)) ? List.of() : abandon();
    }

    private List<String> abandon() {
        List<String> ids = new ArrayList<>();
        for (TaskRun<?> run : List.copyOf(parts.settler().held())) {
            if (run.running() && run.abandon() && run.delivery instanceof Delivery.Task task) {
                ids.add(task.envelope().taskId());
            }
        }
        return ids;
    }

    private void flushVerdicts() throws InterruptedException {
        parts.settler().hurry();
        boolean more = true;
        while (more) {
            more = context.loops().pump();
        }
        if (context.loops().mayWait()) {
            parts.slots().awaitAllSettled(context.time().deadline(EngineContext.CALL_TIMEOUT));
        }
    }

    private Loop start(Duty duty) {
        Loop loop = context.loops().start(duty, topic(), false);
        keepers.add(loop);
        return loop;
    }

    private void await(CompletableFuture<Void> done) {
        try {
            context.loops().join(done.copy().orTimeout(EngineContext.CALL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
