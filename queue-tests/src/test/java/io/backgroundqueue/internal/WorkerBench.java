package io.backgroundqueue.internal;

import io.backgroundqueue.BackgroundTaskHandler;
import io.backgroundqueue.PayloadType;
import io.backgroundqueue.Recorder;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.spi.Delivery;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** The parts of one worker on the topic {@code orders}, whose turns and handlers the test runs. */
final class WorkerBench {
    final Bench bench;
    final ScriptedReceiver receiver;
    final EngineContext context;
    final Slots slots;
    final SettleBatcher settler;
    final WorkerParts<String> parts;
    final WorkerLoop<String> loop;
    final AtomicInteger freed = new AtomicInteger();

    /** Runs that were started and wait for the test to take them. */
    final Deque<Runnable> begun = new ArrayDeque<>();

    /** What starts runs: they are put into {@link #begun}, until a test says otherwise. */
    volatile Executor executor = begun::add;

    WorkerBench(Bench bench, WorkerOptions options, BackgroundTaskHandler<String> handler) {
        this.bench = bench;
        this.receiver = new ScriptedReceiver("orders", bench.driver);
        this.context = bench.context(bench.loops, run -> executor.execute(run));
        WorkerSpec<String> spec = new WorkerSpec<>("orders", PayloadType.of(String.class), handler, options);
        this.slots = new Slots(bench.time, spec.concurrency(), EngineWorker.maxUnsettled(spec));
        WorkerParts.Wake wake = new WorkerParts.Wake();
        wake.to(freed::incrementAndGet);
        this.settler = new SettleBatcher(context, spec, receiver, slots, wake);
        this.parts = new WorkerParts<>(
                context, spec, new Verdicts(context, spec), slots, settler, new AtomicBoolean(), wake);
        this.loop = new WorkerLoop<>(parts, receiver);
    }

    WorkerBench(Bench bench) {
        this(bench, WorkerOptions.DEFAULT, task -> {});
    }

    /** A delivery that is out, its handler not begun. */
    TaskRun<String> hold(Delivery delivery) {
        TaskRun<String> run = new TaskRun<>(delivery, parts);
        slots.taken();
        settler.hold(run);
        return run;
    }

    /** A delivery that is out and whose handler has returned. */
    TaskRun<String> done(Delivery.Task delivery) {
        TaskRun<String> run = hold(delivery);
        settler.add(run, parts.verdicts().done(delivery, Duration.ZERO));
        return run;
    }

    /** One turn of the settler. */
    Duration settle() {
        return settler.turn();
    }

    /** One turn of the loop. */
    Duration receive() {
        try {
            return loop.turn();
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    /** Runs everything that was begun, on this thread. */
    void runAll() {
        for (Runnable run = begun.poll(); run != null; run = begun.poll()) {
            run.run();
        }
    }

    /** Runs something on a thread of its own and waits until {@code begun} has seen {@code count} items. */
    static Thread start(Runnable run, Recorder<?> begun, int count) {
        Thread thread = new Thread(run, "test-handler");
        thread.setDaemon(true);
        thread.start();
        begun.await(count);
        return thread;
    }

    static void join(Thread thread) {
        Recorder.within((time, unit) -> {
            thread.join(unit.toMillis(time));
            return !thread.isAlive();
        });
    }
}
