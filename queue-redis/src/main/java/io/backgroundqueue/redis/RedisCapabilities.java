package io.backgroundqueue.redis;

import io.backgroundqueue.Capabilities;
import io.backgroundqueue.Capabilities.Durability;
import io.backgroundqueue.Capabilities.LeaseKind;
import io.backgroundqueue.Capabilities.Precision;
import io.backgroundqueue.Feature;
import io.backgroundqueue.Limits;
import io.backgroundqueue.Support;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/** What a server can do, as it is set up. */
final class RedisCapabilities {
    /** One send at a time: two side by side would mix the order of acceptance. */
    private static final Limits LIMITS = Limits.DEFAULT
            .send(1_000, 8 << 20, 1)
            .priorityLevels(10)
            .lateness(Duration.ofMillis(100))
            .maxWait(RedisReceiver.LONGEST_BLINDNESS)
            .leaseDetection(Duration.ofSeconds(1));

    private RedisCapabilities() {}

    static Capabilities of(ServerFacts facts, RedisSettings settings) {
        Map<Feature, Support> features = new EnumMap<>(Feature.class);
        for (Feature feature : Feature.values()) {
            features.put(feature, Support.natively());
        }
        features.put(
                Feature.ORDERING_KEY,
                Support.unsupported(
                        "queue-redis keeps one line per priority",
                        "use one topic with concurrency 1, or queue-inmemory"));
        features.put(
                Feature.TRANSACTIONAL_ENQUEUE,
                Support.unsupported("Redis takes no part in transactions of a database", "use queue-jdbc"));
        return new Capabilities(
                "redis",
                features,
                LIMITS,
                LeaseKind.TIMED,
                true,
                true,
                Precision.EXACT,
                durability(facts, settings.durability));
    }

    private static Durability durability(ServerFacts facts, RedisDurability asked) {
        return switch (asked.level()) {
            case REPLICATED -> Durability.REPLICATED;
            case FSYNCED -> Durability.DISK;
            case AS_SERVER -> facts.appendOnly() ? Durability.DISK : Durability.BROKER_MEMORY;
        };
    }
}
