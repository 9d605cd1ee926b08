package io.backgroundqueue.redis;

import io.backgroundqueue.Capabilities;
import io.backgroundqueue.Capabilities.Durability;
import io.backgroundqueue.Capabilities.LeaseKind;
import io.backgroundqueue.Capabilities.Precision;
import io.backgroundqueue.Feature;
import io.backgroundqueue.Limits;
import io.backgroundqueue.Support;
import java.util.EnumMap;
import java.util.Map;

/** What follows from storing nothing. */
final class RedisPubSubCapabilities {
    private static final String DURABLE = "use RedisBackgroundQueue, by URL redis://";

    /** The same in every version and mode of the server. */
    static final Capabilities ALL = new Capabilities(
            "redis-pubsub",
            features(),
            Limits.DEFAULT.priorityLevels(1),
            LeaseKind.CONNECTION,
            true,
            false,
            Precision.UNKNOWN,
            Durability.PROCESS);

    private RedisPubSubCapabilities() {}

    private static Map<Feature, Support> features() {
        Map<Feature, Support> features = new EnumMap<>(Feature.class);
        for (Feature feature : Feature.values()) {
            features.put(feature, Support.unsupported(why(feature), instead(feature)));
        }
        return features;
    }

    private static String why(Feature feature) {
        return switch (feature) {
            case DELAY -> "an event reaches those who listen at that moment, and later there is nothing left of it";
            case PRIORITY -> "events are handed out as they arrive";
            case ATTEMPTS -> "each listener runs an event once, and whatever that ends in is the end of it";
            case DEDUPLICATION -> "Redis Pub/Sub remembers no event";
            case EXPIRY -> "an event that is not heard at once is gone already";
            case ORDERING_KEY -> "listeners know nothing of each other";
            case CANCEL, PURGE, STATS, DURABILITY -> "Redis Pub/Sub stores nothing";
            case DEAD_LETTERS -> "Redis Pub/Sub stores nothing: a failure is the event Dropped";
            case LEASE, FENCE, INTERRUPTION_COUNT, RELEASE ->
                "each listener has an event of its own, which ends with it";
            case FIFO -> "what is published while nobody listens is gone, and only the rest arrives in order";
            case TRANSACTIONAL_ENQUEUE -> "Redis knows nothing of a database's transactions";
        };
    }

    private static String instead(Feature feature) {
        return switch (feature) {
            case ORDERING_KEY -> "use concurrency(1)";
            case TRANSACTIONAL_ENQUEUE -> "use queue-jdbc";
            default -> DURABLE;
        };
    }
}
