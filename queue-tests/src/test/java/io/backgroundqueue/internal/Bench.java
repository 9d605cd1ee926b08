package io.backgroundqueue.internal;

import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.Recorder;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.inmemory.ManualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** A scripted backend, a clock turned by hand, and whatever of the engine a test wants on top of them. */
final class Bench {
    static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

    final ManualTime time = new ManualTime(START);
    final ScriptedDriver driver = new ScriptedDriver();
    final Recorder<TaskEvent> events = new Recorder<>();
    final HandLoops loops = new HandLoops();
    QueueOptions options = QueueOptions.builder()
            .time(time)
            .listener(events::add)
            .enqueueTimeout(Duration.ofSeconds(10))
            .build();

    Bench options(UnaryOperator<QueueOptions.Builder> change) {
        options = change.apply(options.toBuilder()).build();
        return this;
    }

    /** For parts whose turns the test takes by hand. */
    EngineContext context() {
        return context(loops, Runnable::run);
    }

    EngineContext context(Loops how, Executor handlers) {
        return new EngineContext(
                driver,
                Refusals.resolve(driver.capabilities(), options.store().isPresent()),
                options,
                new Events(options.listeners()),
                how,
                handlers);
    }

    /** A whole queue on threads, its clock still turned by hand. */
    EngineQueue queue() {
        return EngineQueue.open(driver, options, List.of());
    }

    <E extends TaskEvent> List<E> told(Class<E> type) {
        return events.all(type);
    }

    /** Lets time pass in small steps until something is done that may wait for it. */
    <T> T passTimeUntil(CompletableFuture<T> done) {
        passTimeUntil(done::isDone);
        return done.join();
    }

    /** Lets time pass in small steps until a condition holds. */
    void passTimeUntil(BooleanSupplier holds) {
        long patience = System.nanoTime() + Recorder.PATIENCE.toNanos();
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() > patience) {
                throw new AssertionError("it did not happen within " + Recorder.PATIENCE);
            }
            time.advance(Duration.ofMillis(50));
            LockSupport.parkNanos(500_000); // lets those who were woken do something before more time passes
        }
    }

    /** Runs something on a thread of its own. */
    static <T> CompletableFuture<T> elsewhere(Supplier<T> call) {
        return CompletableFuture.supplyAsync(call, task -> {
            Thread thread = new Thread(task, "test-elsewhere");
            thread.setDaemon(true);
            thread.start();
        });
    }
}
