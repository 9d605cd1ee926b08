package io.backgroundqueue.internal;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.ShutdownReport;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The end of a queue, in order, once, and within bounds. */
final class Lifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(Lifecycle.class);

    /** What pending sends get at least, however short the grace time was. */
    private static final Duration LEAST_FLUSH = Duration.ofSeconds(3);

    private static final Duration CALLBACK_GRACE = Duration.ofMillis(500);

    private final EngineContext context;
    private final SendBatcher batcher;
    private final Workers workers;
    private final Optional<ExecutorService> ownThreads;
    private final List<AutoCloseable> owned;
    private final AtomicBoolean closing = new AtomicBoolean();
    private final CompletableFuture<ShutdownReport> report = new CompletableFuture<>();
    private volatile boolean refusing;

    Lifecycle(
            EngineContext context,
            SendBatcher batcher,
            Workers workers,
            Optional<ExecutorService> ownThreads,
            List<AutoCloseable> owned) {
        this.context = context;
        this.batcher = batcher;
        this.workers = workers;
        this.ownThreads = ownThreads;
        this.owned = owned;
    }

    boolean closed() {
        return refusing;
    }

    void requireOpen() {
        if (refusing) {
            throw new QueueException(Kind.CLOSED, "The queue is closed. Open a new one");
        }
    }

    /**
     * Ends the queue. Handlers that still run may enqueue until they are done; after that the queue takes nothing more,
     * and what was taken is sent.
     */
    ShutdownReport shutdown(Duration grace) {
        if (!closing.compareAndSet(false, true)) {
            return report.join();
        }
        long deadline = context.time().deadline(grace);
        ShutdownReport ended = ShutdownReport.EMPTY;
        try {
            ended = workers.shutdown(deadline);
            refusing = true;
            workers.refuse();
            ended = ended.plus(workers.shutdown(deadline));
            flush(deadline);
            ended = ended.plus(new ShutdownReport(0, 0, List.of(), batcher.close(), 0));
            workers.stopDuties();
            ended = ended.plus(
                    new ShutdownReport(0, 0, List.of(), 0, context.driver().lostAtClose()));
        } finally {
            refusing = true;
            release();
            report.complete(ended);
        }
        return ended;
    }

    private void flush(long deadline) {
        try {
            batcher.flush(Math.max(deadline, context.time().deadline(LEAST_FLUSH)));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Clients leave off half-way where the thread that closes them is interrupted, as that of an overdue handler is. */
    private void release() {
        boolean interrupted = Thread.interrupted();
        try {
            close(context.driver());
            owned.forEach(Lifecycle::close);
            ownThreads.ifPresent(this::end);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Callbacks of the last answers may still run; handlers that were abandoned are not waited for. */
    private void end(ExecutorService threads) {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(CALLBACK_GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.debug("Handlers or callbacks go on after the queue was closed");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void close(AutoCloseable part) {
        try {
            part.close();
        } catch (Exception failure) {
            LOG.warn("Closing {} failed", part.getClass().getSimpleName(), Errors.clean(failure));
        }
    }
}
