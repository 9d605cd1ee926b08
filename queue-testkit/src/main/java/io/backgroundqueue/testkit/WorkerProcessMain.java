package io.backgroundqueue.testkit;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.BackgroundTask;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.ShutdownReport;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.testkit.Journal.Kind;
import io.backgroundqueue.testkit.Journal.Line;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/** What runs in the JVM that a {@link WorkerProcess} starts. Arguments: the journal's path, then a {@link ProcessPlan}. */
public final class WorkerProcessMain {
    /** The exit status of a process that halted, as its plan told it to or because nobody is left to tell it anything. */
    static final int HALTED = 99;

    private final ProcessPlan plan;
    private final OutputStream journal;
    private final ReentrantLock lock = new ReentrantLock();
    private final AtomicInteger runs = new AtomicInteger();

    private WorkerProcessMain(ProcessPlan plan, OutputStream journal) {
        this.plan = plan;
        this.journal = journal;
    }

    /** Works until the process is told to end, or the one that started it has ended. */
    public static void main(String[] arguments) throws Exception {
        Path file = Path.of(arguments[0]);
        String[] settings = java.util.Arrays.copyOfRange(arguments, 1, arguments.length);
        OutputStream journal = Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        new WorkerProcessMain(ProcessPlan.parse(settings), journal).run();
    }

    private void run() {
        // Nobody else would end it when the JVM of the tests is killed.
        CompletableFuture<Void> orphaned = ProcessHandle.current()
                .parent()
                .orElseThrow()
                .onExit()
                .thenRun(() -> Runtime.getRuntime().halt(HALTED));
        QueueOptions options = QueueOptions.builder().listener(this::told).build();
        BackgroundQueue queue = BackgroundQueues.open(plan.url(), options);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(queue), "worker-process-end"));
        if (plan.concurrency() > 0) {
            queue.consume(plan.topic(), String.class, this::handle, plan.workerOptions());
        }
        note(Kind.READY, "", 0, "");
        for (int i = 0; i < plan.produced(); i++) {
            produce(queue, plan.payload(i));
        }
        note(Kind.PRODUCED, "", 0, "");
        orphaned.join();
    }

    private void produce(BackgroundQueue queue, String payload) {
        note(Kind.SENDING, "", 0, payload);
        try {
            String id =
                    queue.enqueue(plan.topic(), payload, EnqueueOptions.DEFAULT).taskId();
            note(Kind.ACCEPTED, id, 0, payload);
        } catch (QueueException failed) {
            boolean unknown = failed.kind() == QueueException.Kind.OUTCOME_UNKNOWN;
            note(unknown ? Kind.UNKNOWN : Kind.REFUSED, failed.taskId().orElse(""), 0, payload);
        }
    }

    private void handle(BackgroundTask<String> task) throws Exception {
        note(Kind.STARTED, task.id(), task.attempt(), task.payload());
        if (plan.halts(task.payload())) {
            Runtime.getRuntime().halt(HALTED);
        }
        try {
            work();
            if (plan.fails(runs.incrementAndGet())) {
                throw new IllegalStateException("failed as planned");
            }
        } catch (Exception failure) {
            note(Kind.THREW, task.id(), task.attempt(), task.payload());
            throw failure;
        }
        note(Kind.RETURNED, task.id(), task.attempt(), task.payload());
    }

    /** The work itself takes its time: here nothing is being waited for. */
    private void work() throws InterruptedException {
        Duration time = plan.work();
        if (!time.isZero()) {
            TimeUnit.NANOSECONDS.sleep(time.toNanos());
        }
    }

    private void told(TaskEvent event) {
        if (event instanceof TaskEvent.Completed done) {
            note(Kind.COMPLETED, done.taskId(), done.attempt(), "");
        } else if (event instanceof TaskEvent.RetryScheduled retry) {
            note(Kind.RETRYING, retry.taskId(), retry.attempt(), String.valueOf(retry.cause()));
        } else if (event instanceof TaskEvent.DeadLettered dead) {
            note(
                    Kind.DEAD,
                    dead.taskId().orElse(""),
                    dead.attempt(),
                    dead.reason().name());
        } else if (event instanceof TaskEvent.Expired expired) {
            note(Kind.EXPIRED, expired.taskId(), 0, "");
        } else if (event instanceof TaskEvent.LeaseLost lost) {
            note(Kind.LEASE_LOST, lost.taskId(), 0, "");
        } else if (event instanceof TaskEvent.Released released) {
            note(Kind.RELEASED, released.taskId(), 0, "");
        }
    }

    private void end(BackgroundQueue queue) {
        ShutdownReport report = queue.shutdown(plan.grace());
        note(Kind.ENDED, "", 0, report.toString());
    }

    private void note(Kind kind, String id, int attempt, String text) {
        byte[] line = Line.now(kind, id, attempt, text).format().getBytes(StandardCharsets.UTF_8);
        lock.lock();
        try {
            journal.write(line);
            journal.flush();
        } catch (IOException full) {
            throw new UncheckedIOException("the journal cannot be written", full);
        } finally {
            lock.unlock();
        }
    }
}
