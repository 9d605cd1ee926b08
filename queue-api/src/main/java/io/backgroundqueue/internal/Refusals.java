package io.backgroundqueue.internal;

import io.backgroundqueue.Capabilities;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.Feature;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.Start;
import io.backgroundqueue.Support;
import io.backgroundqueue.WorkerOptions;
import java.time.Duration;
import java.time.Instant;

/** No option is ever ignored: what the backend cannot keep is refused here, with why and what to do instead. */
final class Refusals {
    private final Capabilities capabilities;
    private final Kind kind;

    /** Refusals of kind UNSUPPORTED for what a caller asks, MISCONFIGURED for what an operator has set. */
    Refusals(Capabilities capabilities, Kind kind) {
        this.capabilities = capabilities;
        this.kind = kind;
    }

    /** {@code driverCapabilities} without "needs a store": resolved by whether there is one. */
    static Capabilities resolve(Capabilities driverCapabilities, boolean store) {
        Capabilities resolved = driverCapabilities;
        for (Feature feature : Feature.values()) {
            if (driverCapabilities.support(feature) instanceof Support.NeedsStore) {
                resolved = resolved.with(
                        feature,
                        store
                                ? Support.emulated("through the queue's key-value store")
                                : Support.unsupported(
                                        "this broker cannot look a key up and the queue has no KeyValueStore",
                                        "give it one: QueueOptions.store(...) or the URL parameter store, such as a"
                                                + " RedisKeyValueStore, a JdbcKeyValueStore, or in tests an"
                                                + " InMemoryKeyValueStore"));
            }
        }
        return resolved;
    }

    void check(EnqueueOptions options, Instant now) {
        options.start().ifPresent(start -> checkStart(start, now));
        options.priority().ifPresent(priority -> require(Feature.PRIORITY, "priority(" + priority + ")"));
        options.attempts().ifPresent(attempts -> require(Feature.ATTEMPTS, "attempts(" + attempts + ")"));
        options.deduplicationId().ifPresent(id -> require(Feature.DEDUPLICATION, "deduplicationId(\"" + id + "\")"));
        options.deduplicationWindow()
                .ifPresent(window -> require(Feature.DEDUPLICATION, "deduplicationWindow(" + window + ")"));
        options.expiresAfter().ifPresent(span -> require(Feature.EXPIRY, "expiresAfter(" + span + ")"));
        options.orderingKey().ifPresent(key -> require(Feature.ORDERING_KEY, "orderingKey(\"" + key + "\")"));
    }

    void check(WorkerOptions options) {
        options.attempts().ifPresent(attempts -> require(Feature.ATTEMPTS, "attempts(" + attempts + ")"));
        options.retryPolicy().ifPresent(policy -> require(Feature.ATTEMPTS, "a retry policy"));
        options.maxInterruptions()
                .ifPresent(most -> require(Feature.INTERRUPTION_COUNT, "maxInterruptions(" + most + ")"));
        options.leaseDuration().ifPresent(lease -> {
            require(Feature.LEASE, "leaseDuration(" + lease + ")");
            capabilities.limits().maxLease().ifPresent(most -> atMost("leaseDuration", lease, most));
        });
    }

    /** Throws unless {@code feature} works; {@code what} names what was asked for. */
    void require(Feature feature, String what) {
        if (capabilities.support(feature) instanceof Support.Unsupported no) {
            throw new QueueException(
                    kind,
                    what + " cannot be kept by '" + capabilities.backend() + "': " + no.why() + ". Instead: "
                            + no.instead());
        }
    }

    private void checkStart(Start start, Instant now) {
        Duration delay = Duration.between(now, start.resolve(now));
        if (!delay.isZero()) {
            require(Feature.DELAY, start instanceof Start.At at ? "runAt(" + at.time() + ")" : "delay(" + delay + ")");
            capabilities.limits().maxDelay().ifPresent(most -> atMost("delay", delay, most));
        }
    }

    private void atMost(String name, Duration value, Duration most) {
        if (value.compareTo(most) > 0) {
            throw new QueueException(
                    kind,
                    name + " is " + value + ", and '" + capabilities.backend() + "' keeps at most " + most
                            + ". Choose a shorter one, or another backend");
        }
    }
}
