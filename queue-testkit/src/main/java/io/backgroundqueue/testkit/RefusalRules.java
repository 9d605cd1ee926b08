package io.backgroundqueue.testkit;

import static io.backgroundqueue.QueueException.Kind.INVALID;
import static io.backgroundqueue.QueueException.Kind.MISCONFIGURED;
import static io.backgroundqueue.QueueException.Kind.TOO_LARGE;
import static io.backgroundqueue.QueueException.Kind.UNSUPPORTED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.BackgroundTaskHandler;
import io.backgroundqueue.Capabilities;
import io.backgroundqueue.Capabilities.Precision;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueRequest;
import io.backgroundqueue.Feature;
import io.backgroundqueue.Limits;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.RetryPolicy;
import io.backgroundqueue.Scope;
import io.backgroundqueue.Support;
import io.backgroundqueue.WorkerOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Chapter 2 of the contract. Extend {@link BackgroundQueueContract}, which has all chapters. */
public abstract class RefusalRules extends EnqueueRules {
    RefusalRules() {}

    @Test
    @Rule("2.1")
    public final void aPlainTaskIsTakenByEveryBackend() throws Exception {
        RecordingHandler<String> handler = handler();
        queue().consume(topic(), String.class, handler);

        String id = queue().enqueue(topic(), "payload").taskId();

        handler.awaitIds(List.of(id));
    }

    @Test
    @Rule("2.2")
    public final void aPriorityIsFrom0To9() {
        refused(INVALID, () -> PLAIN.priority(12), "priority", "12", "0 to 9");
        refused(INVALID, () -> PLAIN.priority(-1), "priority", "-1", "0 to 9");
    }

    @Test
    @Rule("2.2")
    public final void attemptsAreFrom1To10000() {
        refused(INVALID, () -> PLAIN.attempts(0), "attempts", "0", "1 to 10000");
        refused(INVALID, () -> PLAIN.attempts(10_001), "attempts", "10001", "1 to 10000");
        refused(INVALID, () -> WorkerOptions.DEFAULT.attempts(0), "attempts", "0", "1 to 10000");
    }

    @Test
    @Rule("2.2")
    public final void aDelayIsNotNegative() {
        refused(INVALID, () -> PLAIN.delay(Duration.ofSeconds(-1)), "delay", "PT-1S");
        refused(INVALID, () -> PLAIN.runAt(Instant.now().plus(Duration.ofDays(40_000))), "runAt", "36500");
    }

    @Test
    @Rule("2.2")
    public final void durationsThatMustBePositiveAreNotZero() {
        refused(INVALID, () -> PLAIN.expiresAfter(Duration.ZERO), "expiresAfter", "0");
        refused(INVALID, () -> PLAIN.deduplicationWindow(Duration.ZERO), "deduplicationWindow", "0");
        refused(INVALID, () -> WorkerOptions.DEFAULT.timeout(Duration.ZERO), "timeout", "0");
    }

    @Test
    @Rule("2.2")
    public final void aDeduplicationIdAndAnOrderingKeyAreNeitherBlankNorLong() {
        refused(INVALID, () -> PLAIN.deduplicationId(" "), "deduplicationId", "blank");
        refused(INVALID, () -> PLAIN.orderingKey(""), "orderingKey", "blank");
        refused(TOO_LARGE, () -> PLAIN.deduplicationId("x".repeat(257)), "deduplicationId", "257", "256");
        refused(TOO_LARGE, () -> PLAIN.orderingKey("x".repeat(257)), "orderingKey", "257", "256");
    }

    @Test
    @Rule("2.2")
    public final void anOrderingKeyTogetherWithAPriorityIsRefused() {
        refused(INVALID, () -> PLAIN.orderingKey("customer-7").priority(3), "customer-7", "priority 3");
    }

    @Test
    @Rule("2.2")
    public final void headersAreLegalFewAndSmall() {
        refused(INVALID, () -> PLAIN.header("two words", "x"), "two words", "legal");
        refused(INVALID, () -> PLAIN.header("bqattempt", "x"), "bqattempt", "reserved");
        refused(TOO_LARGE, () -> headers(65, 1), "65", "64");
        refused(TOO_LARGE, () -> headers(2, 5_000), "8192");
    }

    @Test
    @Rule("2.2")
    public final void workerOptionsAreWithinTheirBounds() {
        refused(INVALID, () -> WorkerOptions.DEFAULT.concurrency(0), "concurrency", "0", "1 to 10000");
        refused(INVALID, () -> WorkerOptions.DEFAULT.prefetch(-1), "prefetch", "-1");
        refused(INVALID, () -> WorkerOptions.DEFAULT.maxInterruptions(-1), "maxInterruptions", "-1");
        refused(INVALID, () -> WorkerOptions.DEFAULT.leaseDuration(Duration.ofMillis(5)), "leaseDuration", "PT0.005S");
    }

    @Test
    @Rule("2.3")
    public final void anIllegalTopicIsRefusedWithItsName() throws Exception {
        for (String wrong : List.of("", " ", "two words", "a/b", "ä", "x".repeat(129))) {
            String shown = wrong.isBlank() ? "topic is blank" : wrong.substring(0, Math.min(100, wrong.length()));
            refused(INVALID, () -> queue().enqueue(wrong, "payload"), shown);
            refused(INVALID, () -> queue().consume(wrong, String.class, task -> {}), shown);
        }
    }

    @Test
    @Rule("2.3")
    public final void aTopicLongerThanTheBackendTakesIsRefused() throws Exception {
        int most = capabilities().limits().maxTopicLength();
        String wrong = "x".repeat(most + 1);

        refused(INVALID, () -> queue().enqueue(wrong, "payload"), String.valueOf(most));
    }

    @Test
    @Rule("2.4")
    public final void aPayloadThatCannotBeEncodedIsRefused() throws Exception {
        refused(INVALID, () -> queue().enqueue(topic(), new Unspeakable()), "payload", "Unspeakable", "no words");
    }

    @Test
    @Rule("2.4")
    @SuppressWarnings("NullAway") // a caller without null checks
    public final void aPayloadThatIsNullIsRefused() throws Exception {
        @Nullable String nothing = null;
        refused(INVALID, () -> queue().enqueue(topic(), nothing), "payload", "null");
    }

    @Test
    @Rule("2.5")
    @SuppressWarnings("NullAway") // a caller without null checks
    public final void aHandlerThatIsNullIsRefused() throws Exception {
        @Nullable BackgroundTaskHandler<String> nothing = null;
        refused(INVALID, () -> queue().consume(topic(), String.class, nothing), "handler", "null");
    }

    @Test
    @Rule("2.6")
    public final void aSecondWorkerOnATopicOfTheSameQueueIsRefused() throws Exception {
        RecordingHandler<String> first = handler();
        queue().consume(topic(), String.class, first);

        refused(INVALID, () -> queue().consume(topic(), String.class, task -> {}), topic());

        String id = queue().enqueue(topic(), "payload").taskId();
        first.awaitIds(List.of(id));
    }

    @Test
    @Rule("2.7")
    @RequiresMissing(Feature.PRIORITY)
    public final void aPriorityIsRefusedWhereThereIsNone() throws Exception {
        refusedTask(Feature.PRIORITY, PLAIN.priority(3), "priority");
    }

    @Test
    @Rule("2.7")
    @RequiresMissing(Feature.DELAY)
    public final void aDelayIsRefusedWhereThereIsNone() throws Exception {
        refusedTask(Feature.DELAY, PLAIN.delay(Duration.ofSeconds(1)), "delay");
        refusedTask(Feature.DELAY, PLAIN.runAt(now().plusSeconds(60)), "runAt");
    }

    @Test
    @Rule("2.7")
    @RequiresMissing(Feature.ATTEMPTS)
    public final void attemptsAreRefusedWhereThereAreNone() throws Exception {
        refusedTask(Feature.ATTEMPTS, PLAIN.attempts(5), "attempts");
        refusedWorker(Feature.ATTEMPTS, WorkerOptions.DEFAULT.attempts(5), "attempts");
        refusedWorker(Feature.ATTEMPTS, WorkerOptions.DEFAULT.retryPolicy(RetryPolicy.none()), "retry");
    }

    @Test
    @Rule({"2.7", "8.9"})
    @RequiresMissing(Feature.DEDUPLICATION)
    public final void aDeduplicationIdIsRefusedWhereThereIsNone() throws Exception {
        refusedTask(Feature.DEDUPLICATION, PLAIN.deduplicationId("order-7"), "deduplicationId");
    }

    @Test
    @Rule("2.7")
    @RequiresMissing(Feature.EXPIRY)
    public final void anExpiryIsRefusedWhereThereIsNone() throws Exception {
        refusedTask(Feature.EXPIRY, PLAIN.expiresAfter(Duration.ofMinutes(1)), "expiresAfter");
    }

    @Test
    @Rule("2.7")
    @RequiresMissing(Feature.ORDERING_KEY)
    public final void anOrderingKeyIsRefusedWhereThereIsNone() throws Exception {
        refusedTask(Feature.ORDERING_KEY, PLAIN.orderingKey("customer-7"), "orderingKey");
    }

    @Test
    @Rule("2.7")
    @RequiresMissing(Feature.LEASE)
    public final void aLeaseIsRefusedWhereThereIsNone() throws Exception {
        refusedWorker(Feature.LEASE, WorkerOptions.DEFAULT.leaseDuration(Duration.ofSeconds(30)), "leaseDuration");
    }

    @Test
    @Rule("2.7")
    @RequiresMissing(Feature.INTERRUPTION_COUNT)
    public final void aBoundOfInterruptionsIsRefusedWhereTheyAreNotCounted() throws Exception {
        refusedWorker(Feature.INTERRUPTION_COUNT, WorkerOptions.DEFAULT.maxInterruptions(2), "maxInterruptions");
    }

    @Test
    @Rule("2.7")
    @RequiresMissing(Feature.CANCEL)
    public final void cancellingIsRefusedWhereItDoesNotWork() throws Exception {
        refusedCall(Feature.CANCEL, () -> queue().admin().cancel(topic(), "some-id"));
    }

    @Test
    @Rule("2.7")
    @RequiresMissing(Feature.PURGE)
    public final void purgingIsRefusedWhereItDoesNotWork() throws Exception {
        refusedCall(Feature.PURGE, () -> queue().admin().purge(topic(), Scope.READY));
    }

    @Test
    @Rule("2.7")
    @RequiresMissing(Feature.STATS)
    public final void statsAreRefusedWhereThereAreNone() throws Exception {
        refusedCall(Feature.STATS, () -> queue().admin().stats(topic()));
    }

    @Test
    @Rule("2.7")
    @RequiresMissing(Feature.DEAD_LETTERS)
    public final void deadLettersAreRefusedWhereThereAreNone() throws Exception {
        refusedCall(Feature.DEAD_LETTERS, () -> queue().admin().deadLetters(topic()));
        refusedCall(Feature.DEAD_LETTERS, () -> queue().admin().purge(topic(), Scope.DEAD));
    }

    @Test
    @Rule("2.8")
    public final void aDefaultThatTheBackendCannotKeepIsRefusedWhenTheQueueIsOpened() throws Exception {
        requireQueueOptions();
        Map<Feature, UnaryOperator<QueueOptions.Builder>> defaults = new EnumMap<>(Feature.class);
        defaults.put(Feature.PRIORITY, options -> options.taskDefaults(PLAIN.priority(3)));
        defaults.put(Feature.ATTEMPTS, options -> options.taskDefaults(PLAIN.attempts(5)));
        defaults.put(Feature.DELAY, options -> options.taskDefaults(PLAIN.delay(Duration.ofSeconds(1))));
        defaults.put(Feature.EXPIRY, options -> options.taskDefaults(PLAIN.expiresAfter(Duration.ofHours(1))));
        defaults.put(Feature.ORDERING_KEY, options -> options.taskDefaults(PLAIN.orderingKey("all")));
        defaults.put(
                Feature.LEASE,
                options -> options.workerDefaults(WorkerOptions.DEFAULT.leaseDuration(Duration.ofSeconds(30))));
        defaults.keySet().removeIf(this::has);
        assumeTrue(!defaults.isEmpty(), "every default works here: nothing to refuse");

        defaults.forEach((feature, options) ->
                refused(MISCONFIGURED, () -> open(options), capabilities().backend()));
    }

    @Test
    @Rule("2.9")
    public final void defaultsHoldWhereTheCallerSaysNothing() throws Exception {
        BackgroundQueue queue = open(
                options -> options.taskDefaults(PLAIN.header("a", "default").header("b", "default"))
                        .workerDefaults(WorkerOptions.DEFAULT.concurrency(2)));
        RecordingHandler<Integer> handler = handler();
        handler.hold();
        queue.consume(topic(), Integer.class, handler);

        for (int i = 0; i < 5; i++) {
            queue.enqueue(topic(), i, PLAIN.header("b", "mine"));
        }

        handler.awaitStarted(2);
        staysAt(2, handler);
        handler.letGo();
        handler.await(5);
        assertThat(handler.runs())
                .allSatisfy(run -> assertThat(run.task().headers()).isEqualTo(Map.of("a", "default", "b", "mine")));
    }

    @Test
    @Rule("2.10")
    public final void capabilitiesAreCompleteConstantAndMakeSense() throws Exception {
        Capabilities declared = capabilities();
        Limits limits = declared.limits();

        assertThat(queue().capabilities()).isEqualTo(declared);
        assertThat(open().capabilities()).isEqualTo(declared);
        assertThat(declared.backend()).isNotBlank();
        assertThat(declared.features().keySet()).containsExactlyInAnyOrder(Feature.values());
        assertThat(declared.features().values()).allSatisfy(RefusalRules::explained);
        assertThat(limits.priorityLevels()).isBetween(1, 10);
        assertThat(limits.maxTopicLength()).isBetween(1, 128);
        assertThat(limits.maxPayloadBytes()).isPositive();
        assertThat(limits.sendBatch()).isPositive();
        assertThat(limits.lateness()).isGreaterThanOrEqualTo(Duration.ZERO);
    }

    @Test
    @Rule("2.10")
    public final void capabilitiesDoNotContradictEachOther() {
        Capabilities declared = capabilities();

        assertThat(declared.limits().priorityLevels() > 1).as("levels").isEqualTo(has(Feature.PRIORITY));
        assertThat(declared.interruptionPrecision() != Precision.UNKNOWN)
                .as("precision of interruptions")
                .isEqualTo(has(Feature.INTERRUPTION_COUNT));
        assertThat(has(Feature.LEASE) || !has(Feature.FENCE))
                .as("a fence guards a lease")
                .isTrue();
        assertThat(has(Feature.DEDUPLICATION) || !declared.conflictReported())
                .as("a conflict needs deduplication")
                .isTrue();
    }

    @Test
    @Rule("2.11")
    @Requires(Feature.DELAY)
    public final void aDelayBeyondTheLimitIsRefused() throws Exception {
        assumeTrue(capabilities().limits().maxDelay().isPresent(), "delays have no limit here");
        Duration most = capabilities().limits().maxDelay().orElseThrow();
        Duration more = most.plusHours(1);

        refused(UNSUPPORTED, () -> queue().enqueue(topic(), "payload", PLAIN.delay(more)), "delay", most.toString());
    }

    @Test
    @Rule("2.11")
    @Requires(Feature.LEASE)
    public final void aLeaseBeyondTheLimitIsRefused() throws Exception {
        assumeTrue(capabilities().limits().maxLease().isPresent(), "leases have no limit here");
        Duration most = capabilities().limits().maxLease().orElseThrow();
        WorkerOptions more = WorkerOptions.DEFAULT.leaseDuration(most.plusHours(1));

        refused(UNSUPPORTED, () -> queue().consume(topic(), String.class, task -> {}, more), "lease", most.toString());
    }

    @Test
    @Rule("2.12")
    public final void aUrlOpensTheSameBackend() throws Exception {
        RecordingHandler<String> handler = handler();
        BackgroundQueue byUrl = closeLater(BackgroundQueues.open(url()));
        byUrl.consume(topic(), String.class, handler);

        String id = queue().enqueue(topic(), "payload").taskId();

        handler.awaitIds(List.of(id));
        assertThat(byUrl.capabilities().backend()).isEqualTo(capabilities().backend());
    }

    @Test
    @Rule("2.12")
    public final void anUnknownParameterOfAUrlIsRefusedWithTheKnownOnes() {
        String url = url();
        String wrong = url + (url.contains("?") ? "&" : "?") + "concurency=5";

        refused(INVALID, () -> BackgroundQueues.open(wrong).close(), "concurency", "concurrency");
    }

    private String url() {
        assumeTrue(harness().url().isPresent(), "no URL opens this backend");
        return harness().url().orElseThrow();
    }

    private void refusedTask(Feature feature, EnqueueOptions options, String name) throws Exception {
        RecordingHandler<String> handler = handler();
        String topic = newTopic();
        queue().consume(topic, String.class, handler);

        explains(feature, refused(UNSUPPORTED, () -> queue().enqueue(topic, "payload", options), name));
        explains(feature, refused(UNSUPPORTED, () -> allOf(topic, options), name));
        Throwable failure = failureOf(queue().enqueueAsync(topic, "payload", options));
        explains(feature, refused(UNSUPPORTED, () -> throwIt(failure), name));

        staysAt(0, handler);
    }

    private void refusedWorker(Feature feature, WorkerOptions options, String name) {
        explains(
                feature,
                refused(UNSUPPORTED, () -> queue().consume(newTopic(), String.class, task -> {}, options), name));
    }

    private void refusedCall(Feature feature, ThrowingCallable call) {
        explains(feature, refused(UNSUPPORTED, call));
    }

    /** A refusal says why, and what to do instead, in the backend's own words. */
    private void explains(Feature feature, QueueException refusal) {
        if (capabilities().support(feature) instanceof Support.Unsupported no) {
            assertThat(refusal.getMessage()).contains(no.why(), no.instead());
        } else {
            assertThat(refusal.getMessage()).containsIgnoringCase("store");
        }
    }

    private void allOf(String topic, EnqueueOptions options) throws Exception {
        queue().enqueueAll(List.of(new EnqueueRequest<>(topic, "payload", options)))
                .get(0)
                .orThrow();
    }

    private static void explained(Support support) {
        List<String> words = new ArrayList<>();
        if (support instanceof Support.Emulated emulated) {
            words.add(emulated.how());
        } else if (support instanceof Support.Unsupported no) {
            words.addAll(List.of(no.why(), no.instead()));
        }
        assertThat(words).allSatisfy(text -> assertThat(text).isNotBlank());
    }

    private static EnqueueOptions headers(int count, int size) {
        EnqueueOptions options = PLAIN;
        for (int i = 0; i < count; i++) {
            options = options.header("header-" + i, "x".repeat(size));
        }
        return options;
    }

    /** Has a property that cannot be read. */
    static final class Unspeakable {
        private final List<String> words = List.of();

        public String getText() {
            return words.stream().findFirst().orElseThrow(() -> new IllegalStateException("no words"));
        }
    }
}
