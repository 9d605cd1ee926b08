package io.backgroundqueue.internal;

import static io.backgroundqueue.Refused.invalid;
import static io.backgroundqueue.Refused.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Capabilities;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueRequest;
import io.backgroundqueue.Feature;
import io.backgroundqueue.Limits;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.RetryPolicy;
import io.backgroundqueue.Support;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.spi.Deduplication;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** No option is ever ignored: each is kept or refused. */
class RefusalsTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final EnqueueOptions NONE = EnqueueOptions.DEFAULT;

    private static final Map<Feature, EnqueueOptions> OPTION_OF = Map.of(
            Feature.DELAY, NONE.delay(MINUTE),
            Feature.PRIORITY, NONE.priority(0),
            Feature.ATTEMPTS, NONE.attempts(1),
            Feature.DEDUPLICATION, NONE.deduplicationId("id"),
            Feature.EXPIRY, NONE.expiresAfter(MINUTE),
            Feature.ORDERING_KEY, NONE.orderingKey("key"));

    private static final Map<Feature, WorkerOptions> WORKER_OPTION_OF = Map.of(
            Feature.ATTEMPTS, WorkerOptions.DEFAULT.attempts(5),
            Feature.INTERRUPTION_COUNT, WorkerOptions.DEFAULT.maxInterruptions(5),
            Feature.LEASE, WorkerOptions.DEFAULT.leaseDuration(MINUTE));

    @ParameterizedTest
    @EnumSource(Feature.class)
    void anOptionThatTheBackendCannotKeepIsRefusedAndNoOther(Feature missing) {
        Refusals refusals = new Refusals(Capable.without(missing), Kind.UNSUPPORTED);
        OPTION_OF.forEach((feature, options) -> {
            if (feature == missing) {
                refused(
                        Kind.UNSUPPORTED,
                        () -> refusals.check(options, Bench.START),
                        "'scripted'",
                        "it has no " + feature,
                        "do without");
            } else {
                refusals.check(options, Bench.START);
            }
        });
        WORKER_OPTION_OF.forEach((feature, options) -> {
            if (feature == missing) {
                refused(Kind.UNSUPPORTED, () -> refusals.check(options), "it has no " + feature);
            } else {
                refusals.check(options);
            }
        });
    }

    @Test
    void everyRefusalNamesWhatWasAskedFor() {
        refusedWith(Feature.DELAY, NONE.delay(MINUTE), "delay(PT1M)");
        refusedWith(Feature.DELAY, NONE.runAt(Bench.START.plusSeconds(9)), "runAt(2026-03-01T12:00:09Z)");
        refusedWith(Feature.PRIORITY, NONE.priority(3), "priority(3)");
        refusedWith(Feature.ATTEMPTS, NONE.attempts(5), "attempts(5)");
        refusedWith(Feature.DEDUPLICATION, NONE.deduplicationId("d"), "deduplicationId(\"d\")");
        refusedWith(Feature.EXPIRY, NONE.expiresAfter(MINUTE), "expiresAfter(PT1M)");
        refusedWith(Feature.ORDERING_KEY, NONE.orderingKey("k"), "orderingKey(\"k\")");
        refused(
                Kind.UNSUPPORTED,
                () -> new Refusals(Capable.without(Feature.ATTEMPTS), Kind.UNSUPPORTED)
                        .check(WorkerOptions.DEFAULT.retryPolicy(RetryPolicy.none())),
                "a retry policy");
    }

    @Test
    void aStartThatMeansNowNeedsNoDelay() {
        Refusals refusals = new Refusals(Capable.without(Feature.DELAY), Kind.UNSUPPORTED);

        refusals.check(NONE.delay(Duration.ZERO), Bench.START);
        refusals.check(NONE.runAt(Bench.START.minusSeconds(1)), Bench.START);
        refusals.check(NONE, Bench.START);
    }

    @Test
    void aLongerDelayOrLeaseThanTheBackendKeepsIsRefusedWithBothNumbers() {
        Limits limits = Limits.DEFAULT.maxDelay(MINUTE).maxLease(MINUTE);
        Refusals refusals = new Refusals(Capable.limited(limits), Kind.UNSUPPORTED);

        refusals.check(NONE.delay(MINUTE), Bench.START);
        refused(Kind.UNSUPPORTED, () -> refusals.check(NONE.delay(MINUTE.plusNanos(1)), Bench.START), "PT1M");
        refused(
                Kind.UNSUPPORTED,
                () -> refusals.check(NONE.runAt(Bench.START.plusSeconds(61)), Bench.START),
                "PT1M1S",
                "at most PT1M");
        refused(
                Kind.UNSUPPORTED,
                () -> refusals.check(WorkerOptions.DEFAULT.leaseDuration(MINUTE.multipliedBy(2))),
                "leaseDuration is PT2M",
                "at most PT1M");
    }

    @Test
    void whatNeedsAStoreWorksWithOneAndIsRefusedWithAHintWithoutOne() {
        Capabilities needy = Capable.ofAll().with(Feature.DEDUPLICATION, Support.withStore());

        assertThat(Refusals.resolve(needy, true).has(Feature.DEDUPLICATION)).isTrue();
        Refusals without = new Refusals(Refusals.resolve(needy, false), Kind.UNSUPPORTED);
        refused(
                Kind.UNSUPPORTED,
                () -> without.check(NONE.deduplicationId("d"), Bench.START),
                "no KeyValueStore",
                "QueueOptions.store(...)",
                "URL parameter store",
                "RedisKeyValueStore");
    }

    @Test
    void aDefaultThatTheBackendCannotKeepIsMisconfiguredWhenTheQueueIsOpened() {
        Bench bench = new Bench();
        bench.driver.capabilities = Capable.without(Feature.PRIORITY);
        bench.options(builder -> builder.taskDefaults(NONE.priority(3)));
        refused(Kind.MISCONFIGURED, bench::queue, "priority(3)");

        Bench other = new Bench();
        other.driver.capabilities = Capable.limited(Limits.DEFAULT.maxLease(MINUTE));
        other.options(builder -> builder.workerDefaults(WorkerOptions.DEFAULT.leaseDuration(Duration.ofHours(1))));
        refused(Kind.MISCONFIGURED, other::queue, "leaseDuration is PT1H");
    }

    @Test
    void aWindowWithoutAnIdIsRefusedUnlessTheIdIsADefault() {
        Bench bench = new Bench();
        Outgoing outgoing = new Outgoing(bench.context());
        invalid(
                () -> outgoing.envelope(new EnqueueRequest<>("orders", "a", NONE.deduplicationWindow(MINUTE))),
                "deduplicationWindow(PT1M)",
                "without a deduplicationId");
        bench.options(builder -> builder.taskDefaults(NONE.deduplicationId("always")));

        assertThat(new Outgoing(bench.context())
                        .envelope(new EnqueueRequest<>("orders", "a", NONE.deduplicationWindow(MINUTE)))
                        .deduplication())
                .contains(new Deduplication("always", MINUTE));
    }

    private static void refusedWith(Feature missing, EnqueueOptions options, String what) {
        refused(
                Kind.UNSUPPORTED,
                () -> new Refusals(Capable.without(missing), Kind.UNSUPPORTED).check(options, Bench.START),
                what);
    }
}
