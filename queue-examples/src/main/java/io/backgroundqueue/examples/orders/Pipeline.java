package io.backgroundqueue.examples.orders;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundTask;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.Feature;
import io.backgroundqueue.Idempotency;
import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.NonRetryableException;
import io.backgroundqueue.RetryPolicy;
import io.backgroundqueue.Support;
import io.backgroundqueue.WorkerOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32;

/**
 * What happens behind the shop's web server once an order is paid:
 *
 * <pre>{@code
 * order placed
 *  ├─ order-confirmation (priority 9, one per order)
 *  │    ├─ invoice
 *  │    └─ inventory
 *  └─ follow-up (a day later)
 * }</pre>
 *
 * <p>A task may run twice, for instance when a worker died before its answer was stored. So every effect is wrapped in
 * {@link Idempotency#once} under the task's id, which never changes.
 */
final class Pipeline {
    private static final Duration A_WEEK = Duration.ofDays(7);

    /** Long enough for whoever starts the shop again after a crash. */
    private static final Duration AN_HOUR = Duration.ofHours(1);

    private final BackgroundQueue queue;
    private final KeyValueStore effects;
    private final String run;
    private final Duration followUpAfter;
    private final Map<Feature, String> missing = new ConcurrentSkipListMap<>();

    /**
     * @param effects remembers what was done; in a real shop a table beside the shop's own data
     * @param run makes the topics this run's own: an earlier one on the same broker may have left something
     */
    Pipeline(BackgroundQueue queue, KeyValueStore effects, String run, Duration followUpAfter) {
        this.queue = queue;
        this.effects = effects;
        this.run = run;
        this.followUpAfter = followUpAfter;
    }

    /** The names of its topics, in the order of the flow. */
    List<String> topics() {
        return List.of(topic("order-confirmation"), topic("invoice"), topic("inventory"), topic("follow-up"));
    }

    /** What the backend refuses and this run therefore went without, and why. */
    Map<Feature, String> missing() {
        return missing;
    }

    void startWorkers() {
        WorkerOptions options = WorkerOptions.DEFAULT;
        if (offers(Feature.ATTEMPTS)) {
            options = options.retryPolicy(RetryPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(1)));
        }
        queue.consume(topic("order-confirmation"), Order.class, this::confirm, options);
        queue.consume(topic("invoice"), Order.class, this::invoice, options);
        queue.consume(topic("inventory"), Order.class, this::takeFromStock, options);
        queue.consume(topic("follow-up"), Order.class, this::followUp, options);
    }

    /**
     * What the web server does with a click on "buy". Ends when the backend has stored what is to be done. A second click
     * does it all again, for after the first one the server may have died half-way; the ids keep it from being done twice.
     */
    CompletableFuture<EnqueueReceipt> placed(Order order) {
        EnqueueOptions options = once(order);
        options = with(Feature.PRIORITY, options, o -> o.priority(9));
        EnqueueOptions later = with(Feature.DELAY, once(order), o -> o.delay(followUpAfter));
        return queue.enqueueAsync(topic("order-confirmation"), order, options)
                .thenCompose(receipt -> queue.enqueueAsync(topic("follow-up"), order, later));
    }

    private void confirm(BackgroundTask<Order> task) throws Exception {
        Order order = task.payload();
        if (order.total().signum() <= 0) {
            throw new NonRetryableException(
                    "order " + order.id() + " has a total of " + order.total() + " " + order.currency());
        }
        effect("confirmation mail", task, () -> {});
        effect("invoice wanted", task, () -> queue.enqueue(topic("invoice"), order, once(order)));
        effect("stock wanted", task, () -> queue.enqueue(topic("inventory"), order, once(order)));
    }

    private void invoice(BackgroundTask<Order> task) throws Exception {
        Order order = task.payload();
        if (order.currency().equals("XTS")) {
            throw new IllegalStateException("order " + order.id() + " is in XTS, and there is no tax table for that");
        }
        effect("invoice", task, () -> {});
    }

    private void takeFromStock(BackgroundTask<Order> task) throws Exception {
        if (warehouseFails(task.payload().id(), task.attempt())) {
            throw new IOException("the warehouse did not answer");
        }
        effect("stock", task, () -> {});
    }

    private void followUp(BackgroundTask<Order> task) throws Exception {
        effect("follow-up mail", task, () -> {});
    }

    /** Whether the warehouse is away: one time in ten, the same in every run of the example, and never three times. */
    static boolean warehouseFails(String orderId, int attempt) {
        CRC32 dice = new CRC32();
        dice.update((orderId + "/" + attempt).getBytes(StandardCharsets.UTF_8));
        return attempt < 3 && dice.getValue() % 10 == 0;
    }

    private void effect(String what, BackgroundTask<Order> task, Idempotency.Action action) throws Exception {
        Idempotency.once(effects, what + "|" + task.id(), A_WEEK, action);
    }

    private EnqueueOptions once(Order order) {
        return with(
                Feature.DEDUPLICATION,
                EnqueueOptions.DEFAULT,
                o -> o.deduplicationId(order.id()).deduplicationWindow(AN_HOUR));
    }

    private EnqueueOptions with(Feature feature, EnqueueOptions options, UnaryOperator<EnqueueOptions> wish) {
        return offers(feature) ? wish.apply(options) : options;
    }

    /** An option that the backend cannot keep would be refused, so this asks first. */
    private boolean offers(Feature feature) {
        if (queue.capabilities().support(feature) instanceof Support.Unsupported no) {
            missing.put(feature, no.why());
        }
        return queue.capabilities().has(feature);
    }

    private String topic(String name) {
        return name + "-" + run;
    }
}
