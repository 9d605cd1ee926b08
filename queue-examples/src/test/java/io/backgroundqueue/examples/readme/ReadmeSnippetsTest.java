package io.backgroundqueue.examples.readme;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.BackgroundTask;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.ShutdownReport;
import io.backgroundqueue.examples.readme.ReadmeSnippets.Mail;
import io.backgroundqueue.examples.readme.ReadmeSnippets.Order;
import io.backgroundqueue.examples.readme.ReadmeSnippets.Printer;
import io.backgroundqueue.examples.readme.ReadmeSnippets.Run;
import io.backgroundqueue.examples.readme.ReadmeSnippets.RunStats;
import io.backgroundqueue.inmemory.TestQueue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.helpers.NOPLogger;

class ReadmeSnippetsTest {
    private final TestQueue queue = TestQueue.create();
    private final FakePrinter printer = new FakePrinter();
    private final Logger log = NOPLogger.NOP_LOGGER;

    private static final class FakePrinter implements Printer {
        private final List<Order> printed = new ArrayList<>();
        private int notReady;

        @Override
        public boolean ready() {
            return notReady-- <= 0;
        }

        @Override
        public void print(Order order) {
            printed.add(order);
        }
    }

    @Test
    void theOptionsDelayAndDeduplicate() {
        EnqueueReceipt first = ReadmeSnippets.options(queue, new Order("17", 30));
        EnqueueReceipt second = ReadmeSnippets.options(queue, new Order("17", 30));

        assertThat(second.duplicateOf()).contains(first.taskId());
        ReadmeSnippets.handler(queue, printer);
        assertThat(queue.runDue()).isZero();
        queue.time().advance(Duration.ofMinutes(20));
        assertThat(queue.runDue()).isEqualTo(1);
    }

    @Test
    void theHandlerWaitsForItsPrinterAndRefusesWhatIsNegative() {
        ReadmeSnippets.handler(queue, printer);
        queue.enqueue("invoices", new Order("17", 30));
        queue.enqueue("invoices", new Order("18", -1));
        printer.notReady = 2;

        queue.drain();

        assertThat(printer.printed).containsExactly(new Order("17", 30));
        assertThat(queue.admin().listDeadLetters("invoices", 10))
                .singleElement()
                .satisfies(letter -> assertThat(letter.reason()).isEqualTo(DeadReason.NON_RETRYABLE));
    }

    @Test
    void theEffectHappensOnce() {
        List<BackgroundTask<Order>> seen = new ArrayList<>();
        try (KeyValueStore store = BackgroundQueues.openStore("memory:")) {
            queue.consume("invoices", Order.class, task -> {
                seen.add(task);
                ReadmeSnippets.once(store, task, printer);
                if (seen.size() == 1) {
                    throw new IllegalStateException("after the effect");
                }
            });
            queue.enqueue("invoices", new Order("17", 30));
            queue.drain();
        }

        assertThat(seen).hasSize(2);
        assertThat(printer.printed).hasSize(1);
    }

    @Test
    void theDeadLettersThatRanOutOfAttemptsAreReplayed() {
        List<BackgroundTask<Order>> seen = new ArrayList<>();
        queue.consume("invoices", Order.class, task -> {
            seen.add(task);
            if (!task.replayed()) {
                throw new IllegalStateException("not yet");
            }
        });
        queue.enqueue("invoices", new Order("17", 30), EnqueueOptions.DEFAULT.attempts(1));
        queue.drain();

        ReadmeSnippets.deadLetters(queue, log);
        queue.drain();

        assertThat(seen).hasSize(2);
        assertThat(queue.admin().listDeadLetters("invoices", 10)).isEmpty();
    }

    @Test
    void theHookEnqueuesItsPayload() {
        List<Consumer<Run>> hooks = new ArrayList<>();
        ReadmeSnippets.hook(queue, hooks::add, log);

        hooks.get(0).accept(new Run(12, 3_400));

        assertThat(queue.enqueued("analytics"))
                .singleElement()
                .satisfies(task -> assertThat(task.payload(RunStats.class)).isEqualTo(new RunStats(12, 3_400)));
    }

    @Test
    void theListenerMeasuresWhatIsCompleted() {
        List<String> measured = new ArrayList<>();
        QueueOptions observed = ReadmeSnippets.listener((name, took) -> measured.add(name));
        try (TestQueue listened = TestQueue.create(observed)) {
            listened.consume("mail", Mail.class, task -> {});
            listened.enqueue("mail", new Mail("customer@example.org"));
            listened.drain();
        }

        assertThat(measured).containsExactly("mail");
    }

    @Test
    void theShutdownReports() {
        assertThat(ReadmeSnippets.shutdown(queue)).isEqualTo(ShutdownReport.EMPTY);
    }

    @Test
    void theTestQueueRunsWhatIsDelayed() {
        assertThat(ReadmeSnippets.testQueue()).containsExactly(new Mail("customer@example.org"));
    }
}
