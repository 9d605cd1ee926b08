package io.backgroundqueue.examples.orders;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.Feature;
import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.Scope;
import io.backgroundqueue.TaskListener;
import io.backgroundqueue.spi.QueueUrl;
import java.io.PrintStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;

/**
 * Runs a file of 1,000 orders through the {@link Pipeline} on the backend that a URL names, and proves at the end that
 * no task was lost: exit status 0 if the ledger balances, 1 if it does not, 2 if the run could not start. Where the backend
 * brings a store, a run that was killed is taken over by the next one, which finishes the rest.
 *
 * <pre>{@code OrderPipelineDemo [URL [delay of the follow-up mail in seconds]]}</pre>
 */
public final class OrderPipelineDemo {
    private static final Duration LOOK = Duration.ofMillis(100);
    private static final int TASKS_PER_ORDER = 4;

    /** A task that a killed process was running comes back when its lease is over. */
    private static final Duration LEASE = Duration.ofSeconds(30);

    private final Settings settings;
    private final PrintStream out;
    private final DemoLedger ledger = new DemoLedger();

    private OrderPipelineDemo(Settings settings, PrintStream out) {
        this.settings = settings;
        this.out = out;
    }

    /**
     * What may differ between runs.
     *
     * @param url the backend
     * @param followUpAfter what stands for a day
     * @param patience how long nothing may happen, and how long the backend's counts may lag behind
     * @param listening what stands between the queue and the ledger: nothing, except in a test
     */
    record Settings(String url, Duration followUpAfter, Duration patience, UnaryOperator<TaskListener> listening) {
        static Settings of(String url) {
            return new Settings(url, Duration.ofSeconds(2), Duration.ofSeconds(20), UnaryOperator.identity());
        }

        Settings followUpAfter(Duration delay) {
            return new Settings(url, delay, patience, listening);
        }

        Settings patience(Duration longest) {
            return new Settings(url, followUpAfter, longest, listening);
        }

        Settings listening(UnaryOperator<TaskListener> between) {
            return new Settings(url, followUpAfter, patience, between);
        }
    }

    /** See the class. */
    public static void main(String[] args) throws Exception {
        Settings settings = Settings.of(args.length > 0 ? args[0] : "memory:");
        if (args.length > 1) {
            if (!args[1].matches("\\d{1,6}")) {
                System.err.println("'" + args[1] + "' is no delay. Give seconds, such as 2");
                System.exit(2);
            }
            settings = settings.followUpAfter(Duration.ofSeconds(Long.parseLong(args[1])));
        }
        System.exit(run(settings, System.out));
    }

    /** Runs the example and answers its exit status. */
    static int run(Settings settings, PrintStream out) throws Exception {
        OrderPipelineDemo demo = new OrderPipelineDemo(settings, out);
        QueueOptions options = QueueOptions.builder()
                .listener(settings.listening().apply(demo.ledger))
                .build();
        try (KeyValueStore effects = BackgroundQueues.openStore("memory:");
                KeyValueStore notes = notes(settings.url());
                BackgroundQueue queue = BackgroundQueues.open(settings.url(), options)) {
            return demo.run(queue, effects, RunNote.in(notes));
        } catch (QueueException cannotStart) {
            out.println(cannotStart.getMessage());
            return 2;
        }
    }

    /** The backend's own store; without one, nothing is known of earlier runs. */
    private static KeyValueStore notes(String url) {
        try {
            return BackgroundQueues.openStore(url);
        } catch (QueueException noStore) {
            return BackgroundQueues.openStore("memory:");
        }
    }

    private int run(BackgroundQueue queue, KeyValueStore effects, RunNote note) throws Exception {
        Pipeline pipeline = new Pipeline(queue, effects, note.run(), settings.followUpAfter());
        List<Order> orders = Orders.read();
        out.println("Run " + note.run() + (note.takenOver() ? ", which was killed and goes on" : "") + ", on "
                + queue.capabilities().backend() + " (" + QueueUrl.redact(settings.url()) + "): " + orders.size()
                + " clicks on \"buy\"");
        Map<String, Account.Stock> stock = new LinkedHashMap<>();
        pipeline.topics()
                .forEach(topic ->
                        stock.put(topic, note.takenOver() ? Account.Stock.of(topic, queue) : Account.Stock.NONE));
        pipeline.startWorkers();
        process(
                orders,
                pipeline,
                stock.values().stream().mapToLong(Account.Stock::tasks).sum());
        Audit audit = Audit.of(queue, ledger, stock, orders.size(), settings.patience());
        pipeline.missing()
                .forEach((feature, why) ->
                        out.println("  without " + feature + ", which this backend does not offer: " + why));
        audit.print(out);
        int status = verdict(audit, pipeline, queue);
        if (status == 0) {
            note.finished();
        }
        return status;
    }

    private void process(List<Order> orders, Pipeline pipeline, long takenOver) throws Exception {
        long expected = orders.stream().map(Order::id).distinct().count() * TASKS_PER_ORDER;
        Progress progress = new Progress(out, Progress.onTerminal(), expected, System::nanoTime);
        List<CompletableFuture<EnqueueReceipt>> placed =
                orders.stream().map(pipeline::placed).toList();
        while (!ended(CompletableFuture.allOf(placed.toArray(CompletableFuture<?>[]::new)))) {
            progress.show(ledger.ended());
        }
        Duration longestQuiet =
                settings.followUpAfter().plus(settings.patience()).plus(takenOver > 0 ? LEASE : Duration.ZERO);
        while (!allEnded(takenOver) && ledger.quiet().compareTo(longestQuiet) < 0) {
            progress.show(ledger.ended());
        }
        progress.end(ledger.ended());
    }

    private boolean allEnded(long takenOver) throws InterruptedException {
        return ledger.awaitEnds(LOOK) && ledger.ended() >= ledger.accepted() + takenOver;
    }

    private static boolean ended(CompletableFuture<Void> all) throws InterruptedException {
        try {
            all.get(LOOK.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException notYet) {
            return false;
        } catch (ExecutionException failed) {
            return true; // the ledger has heard of it
        }
    }

    private int verdict(Audit audit, Pipeline pipeline, BackgroundQueue queue) {
        List<String> differences = audit.differences();
        if (!differences.isEmpty()) {
            out.println("The ledger does NOT balance:");
            differences.forEach(difference -> out.println("  " + difference));
            return 1;
        }
        if (queue.capabilities().has(Feature.DEAD_LETTERS)) {
            pipeline.topics().forEach(topic -> queue.admin().purge(topic, Scope.DEAD));
        }
        out.println("The ledger balances: " + audit.equation());
        return 0;
    }
}
