package io.backgroundqueue;

import io.backgroundqueue.internal.EngineQueue;
import io.backgroundqueue.internal.Providers;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.QueueUrl;
import io.backgroundqueue.spi.Sender;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Opens queues. */
public final class BackgroundQueues {
    private BackgroundQueues() {}

    /** {@link #open(String, QueueOptions)} with default options. */
    public static BackgroundQueue open(String url) {
        return open(url, QueueOptions.DEFAULT);
    }

    /**
     * Opens the queue that a URL describes, with the adapter found on the class path or module path: {@code memory:},
     * {@code redis://localhost:6379?concurrency=20}, … Parameters every backend takes: {@code concurrency}, {@code
     * attempts}, {@code lease}, {@code timeout} (workers), {@code enqueueTimeout}, {@code deduplicationWindow}, and
     * {@code store}, the percent-encoded URL of a {@link KeyValueStore}. Durations are written {@code 500ms}, {@code 30s},
     * {@code 5m}, {@code 2h}, {@code 1d}. What the URL says goes before {@code options}.
     *
     * @throws QueueException of kind INVALID if the URL or a parameter is unknown or wrong, MISCONFIGURED if the backend
     *     cannot keep a default, UNAVAILABLE if it cannot be reached
     */
    public static BackgroundQueue open(String url, QueueOptions options) {
        QueueUrl parsed = QueueUrl.parse(url);
        List<AutoCloseable> owned = new ArrayList<>();
        try {
            QueueOptions effective = Providers.withCommonParameters(parsed, options, owned);
            QueueDriver driver = Providers.openDriver(parsed, effective);
            owned.add(0, driver);
            parsed.requireAllTaken();
            return EngineQueue.open(driver, effective, owned.subList(1, owned.size()));
        } catch (RuntimeException failed) {
            owned.forEach(Providers::closeQuietly);
            throw failed;
        }
    }

    /** A queue over a driver, for builders of adapters. Takes the driver over, and closes it also when it throws. */
    public static BackgroundQueue over(QueueDriver driver, QueueOptions options) {
        try {
            return EngineQueue.open(driver, options, List.of());
        } catch (RuntimeException failed) {
            driver.close();
            throw failed;
        }
    }

    /**
     * A view of a queue that enqueues in a transaction of the caller's, for adapters whose client takes part in one; an
     * application calls its adapter's own {@code within}. The view's enqueues run on the calling thread, one send per
     * call, without batching with others and without repetition. A receipt counts, and {@code Enqueued} is told, when the
     * statement succeeded: the task is there once the transaction commits, and never if it is rolled back. The view
     * consumes nothing, needs no closing, and is as thread-safe as the transaction.
     *
     * @param queue as its adapter opened it
     * @param driver the adapter's driver
     * @param joined makes of the driver what sends in the transaction
     * @throws QueueException of kind INVALID if another driver stands behind the queue, UNSUPPORTED if the backend, as it
     *     is set up, takes no part in transactions
     */
    public static <D extends QueueDriver> BackgroundQueue within(
            BackgroundQueue queue, Class<D> driver, Function<? super D, ? extends Sender> joined) {
        return EngineQueue.within(queue, driver, joined);
    }

    /** Opens the store that a URL describes, such as {@code redis://localhost:6379} or {@code memory:}. */
    public static KeyValueStore openStore(String url) {
        return Providers.openStore(url, Time.system());
    }
}
