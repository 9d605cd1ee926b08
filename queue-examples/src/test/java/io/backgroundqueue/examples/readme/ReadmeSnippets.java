package io.backgroundqueue.examples.readme;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundTask;
import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.Idempotency;
import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.NonRetryableException;
import io.backgroundqueue.QueueAdmin;
import io.backgroundqueue.QueueHooks;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.QueuedHook;
import io.backgroundqueue.RetryLaterException;
import io.backgroundqueue.ShutdownReport;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.Worker;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.inmemory.TestQueue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;

/**
 * The README's Java, so that it compiles: a block there is what stands here, or in {@link FirstTask}, between {@code //
 * snippet: name} and {@code // end}. {@link ReadmeSnippetsTest} runs it, {@link ReadmeTest} compares.
 */
final class ReadmeSnippets {
    record Order(String number, int total) {}

    record Run(int steps, int tokens) {}

    record RunStats(int steps, int tokens) {}

    record Mail(String to) {}

    /** Something with a costly effect. */
    interface Printer {
        boolean ready();

        void print(Order order);
    }

    /** An application with a hook. */
    interface App {
        void afterRun(Consumer<Run> hook);
    }

    /** A library for metrics. */
    interface Metrics {
        void record(String name, Duration took);
    }

    private ReadmeSnippets() {}

    static EnqueueReceipt options(BackgroundQueue queue, Order order) {
        // snippet: options
        EnqueueOptions options = EnqueueOptions.DEFAULT
                .delay(Duration.ofMinutes(20))
                .attempts(5)
                .deduplicationId("invoice-" + order.number());
        EnqueueReceipt receipt = queue.enqueue("invoices", order, options);
        // end
        return receipt;
    }

    static Worker handler(BackgroundQueue queue, Printer printer) {
        // snippet: handler
        Worker worker = queue.consume(
                "invoices",
                Order.class,
                task -> {
                    if (task.payload().total() < 0) {
                        throw new NonRetryableException("the total is negative"); // to the dead letters, now
                    }
                    if (!printer.ready()) {
                        throw new RetryLaterException(Duration.ofMinutes(1)); // later; costs no attempt
                    }
                    printer.print(task.payload());
                },
                WorkerOptions.DEFAULT.concurrency(4).timeout(Duration.ofMinutes(2)));
        // end
        return worker;
    }

    static void once(KeyValueStore store, BackgroundTask<Order> task, Printer printer) throws Exception {
        // snippet: once
        Idempotency.once(store, "print|" + task.id(), Duration.ofDays(7), () -> printer.print(task.payload()));
        // end
    }

    static void deadLetters(BackgroundQueue queue, Logger log) {
        // snippet: dead letters
        QueueAdmin admin = queue.admin();
        for (DeadLetter letter : admin.listDeadLetters("invoices", 100)) {
            log.info("{} {} {}", letter.id(), letter.reason(), letter.error().orElse(""));
        }
        admin.replayDeadLetters("invoices", letter -> letter.reason() == DeadReason.ATTEMPTS_EXHAUSTED);
        // end
    }

    static void hook(BackgroundQueue queue, App app, Logger log) {
        // snippet: hook
        QueuedHook<Run> stats =
                QueueHooks.queueHook(queue, "analytics", run -> new RunStats(run.steps(), run.tokens()));
        app.afterRun(stats.onFailure((run, error) -> log.warn("no statistics of {}", run, error)));
        // end
    }

    static ShutdownReport shutdown(BackgroundQueue queue) {
        // snippet: shutdown
        ShutdownReport report = queue.shutdown(Duration.ofSeconds(60));
        // end
        return report;
    }

    static QueueOptions listener(Metrics metrics) {
        // snippet: listener
        QueueOptions observed = QueueOptions.builder()
                .listener(event -> {
                    if (event instanceof TaskEvent.Completed done) {
                        metrics.record(done.topic(), done.ran());
                    }
                })
                .build();
        // end
        return observed;
    }

    static List<Mail> testQueue() {
        List<Mail> sent = new ArrayList<>();
        // snippet: test queue
        try (TestQueue queue = TestQueue.create()) {
            queue.consume("mail", Mail.class, task -> sent.add(task.payload()));
            queue.enqueue("mail", new Mail("customer@example.org"), EnqueueOptions.DEFAULT.delay(Duration.ofHours(6)));
            queue.drain();
            assertEquals(1, sent.size());
        }
        // end
        return sent;
    }
}
