package io.backgroundqueue.examples.direct;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Capabilities;
import io.backgroundqueue.Capabilities.Durability;
import io.backgroundqueue.Capabilities.LeaseKind;
import io.backgroundqueue.Capabilities.Precision;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.Feature;
import io.backgroundqueue.Limits;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.Support;
import io.backgroundqueue.WorkerOptions;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;

/** What an executor cannot do, which is nearly everything. No option is ever ignored: it is refused. */
final class Refusals {
    static final Capabilities CAPABILITIES = capabilitiesOfAnExecutor();

    private Refusals() {}

    private static Capabilities capabilitiesOfAnExecutor() {
        Map<Feature, Support> features = new EnumMap<>(Feature.class);
        for (Feature feature : Feature.values()) {
            features.put(feature, Support.unsupported("an executor runs a task once", "use an adapter over a broker"));
        }
        Limits limits = Limits.DEFAULT.priorityLevels(1).maxPayloadBytes(1 << 20);
        return new Capabilities(
                "executor", features, limits, LeaseKind.TIMED, false, false, Precision.UNKNOWN, Durability.PROCESS);
    }

    static void check(EnqueueOptions options) {
        Instant now = Instant.now();
        options.start()
                .filter(start -> start.resolve(now).isAfter(now))
                .ifPresent(start -> refuse(Feature.DELAY, "delay or runAt: " + start));
        options.priority().ifPresent(level -> refuse(Feature.PRIORITY, "priority " + level));
        options.attempts().ifPresent(runs -> refuse(Feature.ATTEMPTS, "attempts " + runs));
        options.deduplicationId().ifPresent(id -> refuse(Feature.DEDUPLICATION, "deduplicationId " + id));
        options.deduplicationWindow().ifPresent(span -> refuse(Feature.DEDUPLICATION, "deduplicationWindow " + span));
        options.expiresAfter().ifPresent(span -> refuse(Feature.EXPIRY, "expiresAfter " + span));
        options.orderingKey().ifPresent(key -> refuse(Feature.ORDERING_KEY, "orderingKey " + key));
    }

    static void check(WorkerOptions options) {
        options.attempts().ifPresent(runs -> refuse(Feature.ATTEMPTS, "attempts " + runs));
        options.retryPolicy().ifPresent(policy -> refuse(Feature.ATTEMPTS, "a retry policy"));
        options.timeout().ifPresent(longest -> refuse(Feature.ATTEMPTS, "timeout " + longest));
        options.leaseDuration().ifPresent(lease -> refuse(Feature.LEASE, "leaseDuration " + lease));
        options.maxInterruptions().ifPresent(runs -> refuse(Feature.INTERRUPTION_COUNT, "maxInterruptions " + runs));
    }

    static Bytes checked(Bytes payload) {
        int most = CAPABILITIES.limits().maxPayloadBytes();
        if (payload.size() > most) {
            String message = "The payload has " + payload.size() + " bytes. At most " + most + " are taken";
            throw new QueueException(Kind.TOO_LARGE, message);
        }
        return payload;
    }

    static QueueException refusal(Feature feature, String what) {
        Support.Unsupported no = (Support.Unsupported) CAPABILITIES.support(feature);
        String message = what + " is refused: " + no.why() + ". Instead: " + no.instead();
        return new QueueException(Kind.UNSUPPORTED, message);
    }

    private static void refuse(Feature feature, String what) {
        throw refusal(feature, what);
    }
}
