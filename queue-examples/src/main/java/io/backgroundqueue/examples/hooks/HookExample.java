package io.backgroundqueue.examples.hooks;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.QueueHooks;
import io.backgroundqueue.QueuedHook;
import io.backgroundqueue.examples.hooks.Summarizer.RunResult;
import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Gives the {@link Summarizer} hooks that return at once. Statistics and alarms are made by workers, which may as well
 * run in another process.
 */
public final class HookExample {
    private HookExample() {}

    /**
     * What the worker for statistics gets.
     *
     * @param sentences how many the text had
     * @param characters how long it was
     */
    public record Statistics(int sentences, int characters) {}

    /**
     * What the worker for alarms gets.
     *
     * @param kind the error's class
     * @param message its message, if it has one
     */
    public record Alarm(String kind, @Nullable String message) {}

    /** The application, with {@code queue} behind both of its hooks. */
    static Summarizer summarizer(BackgroundQueue queue, PrintStream out) {
        QueuedHook<RunResult> afterRun = QueueHooks.queueHook(
                queue, "analytics", (RunResult result) -> new Statistics(result.sentences(), result.characters()));
        QueuedHook<Throwable> onError = QueueHooks.queueHook(
                queue,
                "error-alerts",
                (Throwable error) -> new Alarm(error.getClass().getSimpleName(), error.getMessage()),
                EnqueueOptions.DEFAULT.priority(9));
        return new Summarizer(
                afterRun.onFailure((result, error) -> out.println("no statistics of " + result + ": " + error)),
                onError.onFailure((alarm, error) -> out.println("no alarm for " + alarm + ": " + error)));
    }

    /** {@code HookExample [URL]} */
    public static void main(String[] args) throws Exception {
        try (BackgroundQueue queue = BackgroundQueues.open(args.length > 0 ? args[0] : "memory:")) {
            run(queue, System.out);
        }
    }

    static void run(BackgroundQueue queue, PrintStream out) throws InterruptedException {
        CountDownLatch handled = new CountDownLatch(3);
        queue.consume("analytics", Statistics.class, task -> {
            out.println("worker: stored " + task.payload());
            handled.countDown();
        });
        queue.consume("error-alerts", Alarm.class, task -> {
            out.println("worker: rang for " + task.payload());
            handled.countDown();
        });
        Summarizer summarizer = summarizer(queue, out);
        out.println("user: " + summarizer.run("Queues decouple. They also buffer. And they retry."));
        out.println("user: " + summarizer.run("Hooks run late. That is the point."));
        try {
            summarizer.run("  ");
        } catch (IllegalArgumentException blank) {
            out.println("user: " + blank.getMessage());
        }
        if (!handled.await(30, TimeUnit.SECONDS)) {
            throw new IllegalStateException(handled.getCount() + " of 3 tasks were not handled within 30 s");
        }
    }
}
