package io.backgroundqueue.internal;

import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Duty;
import io.backgroundqueue.spi.Receiver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches as many tasks as there are free slots and starts them. Goes on calling the receiver, for nothing, while it
 * wants none: that is the driver's chance to keep its connection.
 */
final class WorkerLoop<T> implements Duty {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerLoop.class);

    /** How often a receiver is called when nothing is wanted of it. */
    private static final Duration IDLE_CALL = Duration.ofMillis(250);

    private enum Intake {
        OPEN,
        PAUSED,
        DRAINING
    }

    private final WorkerParts<T> parts;
    private final Receiver receiver;
    private final Duration wait;
    private final ReentrantLock lock = new ReentrantLock();
    private final CompletableFuture<Void> drained = new CompletableFuture<>();
    private volatile Intake intake = Intake.OPEN;
    private volatile CompletableFuture<Void> parked = new CompletableFuture<>();

    WorkerLoop(WorkerParts<T> parts, Receiver receiver) {
        this.parts = parts;
        this.receiver = receiver;
        this.wait = parts.context().loops().mayWait()
                ? parts.context().capabilities().limits().maxWait()
                : Duration.ZERO;
    }

    /** Stops intake for a while; the answer is complete when what was fetched and not started is given back. */
    CompletableFuture<Void> pause() {
        stopIntake(Intake.PAUSED);
        return parked;
    }

    /** Stops intake for good; the answer is complete when no fetch is under way any more. */
    CompletableFuture<Void> drain() {
        parts.draining().set(true);
        stopIntake(Intake.DRAINING);
        return drained;
    }

    void resume() {
        lock.lock();
        try {
            if (intake == Intake.PAUSED) {
                intake = Intake.OPEN;
                parked.complete(null);
            }
        } finally {
            lock.unlock();
        }
        parts.loop().wake();
    }

    @Override
    public String name() {
        return "receive";
    }

    @Override
    public Duration turn() throws Exception {
        if (intake != Intake.OPEN) {
            return idle();
        }
        int free = parts.slots().free();
        List<Delivery> deliveries = receiver.receive(free, free > 0 ? wait : Duration.ZERO);
        start(deliveries);
        return free > 0 && (!deliveries.isEmpty() || !wait.isZero()) ? Duration.ZERO : IDLE_CALL;
    }

    @Override
    public void wake() {
        receiver.wake();
    }

    @Override
    public void close() {
        receiver.close();
    }

    /** Whoever stops intake while it is stopped shares the answer of the first. */
    private void stopIntake(Intake kind) {
        lock.lock();
        try {
            if (intake == Intake.OPEN) {
                parked = new CompletableFuture<>();
            }
            if (intake != Intake.DRAINING) {
                intake = kind;
            }
        } finally {
            lock.unlock();
        }
        parts.loop().wake();
        try {
            receiver.wake();
        } catch (RuntimeException failure) {
            LOG.debug(
                    "The receiver of '{}' was not woken: its wait ends by itself",
                    parts.spec().topic(),
                    failure);
        }
    }

    /** What runs is given back only when nothing is fetched any more: this worker would fetch it itself. */
    private Duration idle() throws Exception {
        CompletableFuture<Void> waiting = parked;
        try {
            if (!waiting.isDone()) {
                receiver.park();
                waiting.complete(null);
            }
        } finally {
            if (intake == Intake.DRAINING) {
                drained.complete(null);
            }
        }
        start(receiver.receive(0, Duration.ZERO));
        return IDLE_CALL;
    }

    private void start(List<Delivery> deliveries) {
        Throwable rejection = null;
        for (Delivery delivery : deliveries) {
            TaskRun<T> run = new TaskRun<>(delivery, parts);
            parts.slots().taken();
            parts.settler().hold(run);
            rejection = execute(run, rejection);
        }
        if (rejection != null) {
            throw new RejectedExecutionException("the executor has no thread for a handler", rejection);
        }
    }

    private @Nullable Throwable execute(TaskRun<T> run, @Nullable Throwable before) {
        try {
            parts.context().handlers().execute(run);
            return before;
        } catch (RuntimeException | Error rejection) {
            run.rejected();
            return rejection;
        }
    }
}
