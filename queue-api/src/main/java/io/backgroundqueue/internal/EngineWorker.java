package io.backgroundqueue.internal;

import io.backgroundqueue.ShutdownReport;
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

    /** How long verdicts are tried again. A try that is on its way then still has the rest of its call's time. */
    private static final Duration VERDICT_GRACE =
            EngineContext.CALL_TIMEOUT.multipliedBy(4).dividedBy(5);

    /** How long interrupted handlers get at a shutdown to give their answer. */
    private static final Duration INTERRUPT_GRACE = Duration.ofSeconds(2);

    private final EngineContext context;
    private final WorkerParts<T> parts;
    private final WorkerLoop<T> workerLoop;
    private final Runnable onEnd;
    private final AtomicBoolean ending = new AtomicBoolean();
    private final CompletableFuture<ShutdownReport> report = new CompletableFuture<>();
    private final List<Loop> keepers = new ArrayList<>();
    private final List<String> abandoned = new ArrayList<>();
    private Loop receiving = new NoLoop();
    private CompletableFuture<Void> drained = new CompletableFuture<>();
    private int finishedBefore;
    private int releasedBefore;

    EngineWorker(EngineContext context, WorkerSpec<T> spec, Receiver receiver, Runnable onEnd) {
        this.context = context;
        this.onEnd = onEnd;
        Slots slots = new Slots(context.time(), spec.concurrency(), maxUnsettled(spec));
        WorkerParts.Wake freed = new WorkerParts.Wake();
        SettleBatcher settler = new SettleBatcher(context, spec, receiver, slots, freed);
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
        public void end() {}

        @Override
        public void join() {}
    }

    void start(Receiver receiver) {
        List<Duty> duties = receiver.duties();
        Loop settling = start(parts.settler());
        parts.settler().wakeUp().to(settling::wake);
        start(new LeaseKeeper(
                context,
                receiver,
                parts.settler(),
                parts.settler().leases(),
                parts.spec().lease()));
        parts.spec().options().timeout().ifPresent(timeout -> start(new TimeoutKeeper(parts.settler(), timeout)));
        duties.forEach(this::start);
        receiving = context.loops().start(workerLoop, topic(), true);
        parts.loop().to(receiving::wake);
    }

    @Override
    public String topic() {
        return parts.spec().topic();
    }

    @Override
    public void pause() {
        await(context, workerLoop.pause());
    }

    @Override
    public void resume() {
        workerLoop.resume();
    }

    @Override
    public ShutdownReport shutdown(Duration grace) {
        return shutdown(context, List.of(this), context.time().deadline(grace));
    }

    /**
     * Shuts workers down side by side: whatever waits for handlers, for the backend or for threads waits once for all of
     * them.
     */
    static ShutdownReport shutdown(EngineContext context, List<EngineWorker<?>> all, long deadlineNanos) {
        List<EngineWorker<?>> ours = all.stream()
                .filter(worker -> worker.ending.compareAndSet(false, true))
                .toList();
        ours.forEach(EngineWorker::begin);
        awaitDrained(context, ours);
        try {
            if (!noneRunning(ours, deadlineNanos)) {
                ours.forEach(EngineWorker::interruptHandlers);
                noneRunning(ours, context.time().deadline(INTERRUPT_GRACE));
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        ours.forEach(EngineWorker::abandonHandlers);
        flushVerdicts(context, ours);
        Loops.stop(ours.stream().flatMap(worker -> worker.keepers.stream()).toList());
        Loops.stop(ours.stream().map(worker -> worker.receiving).toList());
        ours.forEach(EngineWorker::report);
        return all.stream().map(worker -> worker.report.join()).reduce(ShutdownReport.EMPTY, ShutdownReport::plus);
    }

    private void begin() {
        finishedBefore = parts.settler().finished();
        releasedBefore = parts.settler().released();
        drained = workerLoop.drain();
    }

    /** What is given back while a fetch is under way would only be fetched again; and what it brings is given back too. */
    private static void awaitDrained(EngineContext context, List<EngineWorker<?>> workers) {
        if (context.loops().mayWait()) {
            CompletableFuture.allOf(
                            workers.stream().map(worker -> worker.drained).toArray(CompletableFuture[]::new))
                    .completeOnTimeout(null, EngineContext.CALL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                    .join();
        }
    }

    private static boolean noneRunning(List<EngineWorker<?>> workers, long deadlineNanos) throws InterruptedException {
        boolean none = true;
        for (EngineWorker<?> worker : workers) {
            none &= worker.context.loops().mayWait() && worker.parts.slots().awaitNoneRunning(deadlineNanos);
        }
        return none;
    }

    private void interruptHandlers() {
        parts.settler().held().forEach(run -> run.interrupt(TaskRun.Cause.SHUTDOWN));
    }

    private void abandonHandlers() {
        for (TaskRun<?> run : List.copyOf(parts.settler().held())) {
            if (run.running() && run.abandon() && run.delivery instanceof Delivery.Task task) {
                abandoned.add(task.envelope().taskId());
            }
        }
    }

    private static void flushVerdicts(EngineContext context, List<EngineWorker<?>> workers) {
        workers.forEach(worker -> worker.parts.settler().hurry());
        boolean more = true;
        while (more) {
            more = context.loops().pump();
        }
        long deadline = context.time().deadline(VERDICT_GRACE);
        try {
            for (EngineWorker<?> worker : workers) {
                if (context.loops().mayWait()) {
                    worker.parts.slots().awaitAllSettled(deadline);
                }
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void report() {
        onEnd.run();
        report.complete(new ShutdownReport(
                parts.settler().finished() - finishedBefore,
                parts.settler().released() - releasedBefore,
                abandoned,
                0,
                0));
    }

    private Loop start(Duty duty) {
        Loop loop = context.loops().start(duty, topic(), false);
        keepers.add(loop);
        return loop;
    }

    private static void await(EngineContext context, CompletableFuture<Void> done) {
        try {
            context.loops().join(done.copy().orTimeout(EngineContext.CALL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
