package io.backgroundqueue.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundTaskHandler;
import io.backgroundqueue.Capabilities;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.Feature;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.RetryPolicy;
import io.backgroundqueue.TopicStats;
import io.backgroundqueue.WorkerOptions;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;

/** What the tests of whole queues share: queues that are closed in the end, handlers, time, and ways to look at both. */
public abstract class QueueFixture extends Contract<QueueHarness> {
    static final EnqueueOptions PLAIN = EnqueueOptions.DEFAULT;

    /** One task at a time, none fetched ahead: what runs next is the backend's choice. */
    static final WorkerOptions ONE = WorkerOptions.DEFAULT.concurrency(1);

    private static final Duration TICK = Duration.ofMillis(5);

    private @Nullable BackgroundQueue queue;
    private @Nullable String topic;

    /** For subclasses. */
    protected QueueFixture() {}

    /** Turns a clock that stands still: these tests wait for what threads do, and threads wait for the clock. */
    @BeforeEach
    public final void letASteppableClockRun() {
        harness().time().ifPresent(time -> closeLater(new Ticker(time, TICK)));
    }

    /** The queue of this test. */
    final BackgroundQueue queue() throws Exception {
        BackgroundQueue opened = queue;
        if (opened == null) {
            opened = open(QueueOptions.DEFAULT);
            queue = opened;
        }
        return opened;
    }

    /** The topic of this test. */
    final String topic() {
        String name = topic;
        if (name == null) {
            name = newTopic();
            topic = name;
        }
        return name;
    }

    /** Another queue on the same backend, as another process would have it. */
    final BackgroundQueue open(QueueOptions options) throws Exception {
        BackgroundQueue opened = harness().openQueue(options);
        closeLater(() -> opened.shutdown(Duration.ZERO));
        return opened;
    }

    final BackgroundQueue open() throws Exception {
        return open(QueueOptions.DEFAULT);
    }

    /** Another queue with options of its own; skips the test where queues take none. */
    final BackgroundQueue open(UnaryOperator<QueueOptions.Builder> options) throws Exception {
        requireQueueOptions();
        return open(options.apply(QueueOptions.builder()).build());
    }

    final void requireQueueOptions() {
        assumeTrue(harness().takesQueueOptions(), "queues of '" + harness().adapter() + "' take no QueueOptions");
    }

    final EventLog events() {
        return new EventLog(patience());
    }

    /** A handler that lets go of everything when the test is over. */
    final <T> RecordingHandler<T> handler(BackgroundTaskHandler<T> script) {
        return closeLater(new RecordingHandler<>(script, patience(), this::nanos));
    }

    final <T> RecordingHandler<T> handler() {
        return handler(task -> {});
    }

    /** Waits for the latch whatever interrupts it, as an obstinate handler does. Opened when the test is over. */
    final CountDownLatch obstinately() {
        CountDownLatch latch = new CountDownLatch(1);
        closeLater(latch::countDown);
        return latch;
    }

    static void awaitObstinately(CountDownLatch latch) {
        boolean open = false;
        while (!open) {
            try {
                latch.await();
                open = true;
            } catch (InterruptedException ignored) {
                open = false;
            }
        }
    }

    /** Retries as fast as the backend can. */
    static WorkerOptions retrying(WorkerOptions options) {
        return options.retryPolicy(RetryPolicy.fixed(Duration.ofMillis(10)));
    }

    /** {@link #ONE}, and nothing fetched ahead. */
    static WorkerOptions oneByOne() {
        return retrying(ONE).prefetch(0);
    }

    /** Takes tasks for {@code lease}, retries at once and bears many interruptions, each where the backend knows it. */
    final WorkerOptions leased(Duration lease) {
        WorkerOptions options = has(Feature.LEASE) ? WorkerOptions.DEFAULT.leaseDuration(lease) : WorkerOptions.DEFAULT;
        WorkerOptions retried = has(Feature.ATTEMPTS) ? retrying(options) : options;
        return has(Feature.INTERRUPTION_COUNT) ? retried.maxInterruptions(1_000) : retried;
    }

    final WorkerOptions leased() {
        return leased(harness().shortLease());
    }

    final Capabilities capabilities() {
        return harness().capabilities();
    }

    final boolean has(Feature feature) {
        return capabilities().has(feature);
    }

    final Instant now() {
        return harness().time().map(SteppableTime::now).orElseGet(Instant::now);
    }

    /** A clock for distances. */
    final long nanos() {
        return harness()
                .time()
                .map(time -> ChronoUnit.NANOS.between(Instant.EPOCH, time.now()))
                .orElseGet(System::nanoTime);
    }

    static Duration between(long fromNanos, long toNanos) {
        return Duration.ofNanos(toNanos - fromNanos);
    }

    /** What a busy machine may add to every bound. */
    final Duration slack() {
        return patience().eventually().dividedBy(5);
    }

    final void eventually(Patience.Condition condition, String otherwise) throws Exception {
        patience().eventually(condition, () -> otherwise);
    }

    /** Waits until {@code duration} has passed on the clock, however long that is. */
    final void passes(Duration duration) throws Exception {
        long end = nanos() + duration.toNanos();
        Duration most = duration.plus(patience().eventually());
        assertThat(patience().within(most, () -> nanos() - end >= 0))
                .as("the clock went on")
                .isTrue();
    }

    /** Watches that no further run begins. */
    final void staysAt(int runs, RecordingHandler<?> handler) throws Exception {
        patience().never(() -> handler.started() > runs, () -> "more than " + runs + " runs: " + handler);
        assertThat(handler.started()).as("runs: " + handler).isEqualTo(runs);
    }

    /** Nothing waits and nothing runs, as far as the backend can tell. */
    final void drained(String name) throws Exception {
        if (has(Feature.STATS)) {
            patience().eventually(() -> atRest(stats(name)), () -> "the topic is not empty: " + look(name));
        }
    }

    final TopicStats stats(String name) throws Exception {
        return queue().admin().stats(name);
    }

    final List<String> enqueue(String name, Collection<?> payloads, EnqueueOptions options) throws Exception {
        List<String> ids = new ArrayList<>();
        for (Object payload : payloads) {
            ids.add(queue().enqueue(name, payload, options).taskId());
        }
        return ids;
    }

    /** Does {@code work} on a thread of its own. */
    static <T> CompletableFuture<T> async(Callable<T> work) {
        CompletableFuture<T> done = new CompletableFuture<>();
        FaultProxy.daemon("contract-test", () -> {
            try {
                done.complete(work.call());
            } catch (Throwable failure) {
                done.completeExceptionally(failure);
            }
        });
        return done;
    }

    /** The refusal that {@code call} ends in, with its kind and these fragments in its message. */
    static QueueException refused(QueueException.Kind kind, ThrowingCallable call, String... fragments) {
        Throwable thrown = catchThrowable(call);
        assertThat(thrown).as("what was thrown").isInstanceOf(QueueException.class);
        QueueException refusal = (QueueException) thrown;
        assertThat(refusal.kind()).as("the kind of: " + refusal.getMessage()).isEqualTo(kind);
        assertThat(List.of(fragments))
                .allSatisfy(fragment -> assertThat(refusal.getMessage()).contains(fragment));
        return refusal;
    }

    private static boolean atRest(TopicStats stats) {
        return none(stats.ready()) && none(stats.delayed()) && none(stats.running());
    }

    private static boolean none(OptionalLong count) {
        return count.orElse(0) == 0;
    }

    private String look(String name) {
        try {
            return stats(name).toString();
        } catch (Exception failed) {
            return "unknown: " + failed;
        }
    }
}
