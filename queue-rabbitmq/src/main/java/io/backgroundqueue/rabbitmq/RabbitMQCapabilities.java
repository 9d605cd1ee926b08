package io.backgroundqueue.rabbitmq;

import io.backgroundqueue.Capabilities;
import io.backgroundqueue.Capabilities.Durability;
import io.backgroundqueue.Capabilities.LeaseKind;
import io.backgroundqueue.Capabilities.Precision;
import io.backgroundqueue.Feature;
import io.backgroundqueue.Limits;
import io.backgroundqueue.Support;
import io.backgroundqueue.spi.Lanes;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/** What a broker can do, as it is used. */
final class RabbitMQCapabilities {
    /** What the broker closes a channel for that holds a task longer, unless it is told otherwise. */
    private static final Duration CONSUMER_TIMEOUT = Duration.ofMinutes(30);

    private RabbitMQCapabilities() {}

    static Capabilities of(Names names) {
        Map<Feature, Support> features = new EnumMap<>(Feature.class);
        for (Feature feature : Feature.values()) {
            features.put(feature, Support.natively());
        }
        features.put(Feature.DELAY, Support.emulated("a grid of queues with a time to live, in steps of 100 ms"));
        features.put(Feature.PRIORITY, Support.emulated("three lanes: 0-3, 4-6 and 7-9"));
        features.put(Feature.ATTEMPTS, Support.emulated("a copy is confirmed before the original is acknowledged"));
        features.put(Feature.DEAD_LETTERS, Support.emulated("a queue per topic, walked by receiving"));
        features.put(Feature.FENCE, Support.emulated("the worker compares generations of its connection"));
        features.put(Feature.INTERRUPTION_COUNT, Support.emulated("by deliveries, an upper bound"));
        features.put(Feature.DEDUPLICATION, Support.withStore());
        features.put(
                Feature.ORDERING_KEY,
                Support.unsupported(
                        "a queue has no keys", "use one topic with concurrency 1 per line, or queue-inmemory"));
        features.put(
                Feature.CANCEL,
                Support.unsupported(
                        "RabbitMQ finds no message by its id",
                        "have the handler look whether the work is still wanted"));
        features.put(
                Feature.PURGE,
                Support.unsupported(
                        "delayed tasks of all topics wait in shared queues",
                        "purge the ready ones with rabbitmqctl purge_queue, one lane after the other, and have the"
                                + " handler drop the others"));
        features.put(
                Feature.TRANSACTIONAL_ENQUEUE,
                Support.unsupported("RabbitMQ takes no part in transactions of a database", "use queue-jdbc"));
        return new Capabilities(
                "rabbitmq",
                features,
                limits(names),
                LeaseKind.CONNECTION,
                false,
                false,
                Precision.UPPER_BOUND,
                Durability.DISK);
    }

    /** One send at a time: two side by side would mix the order of acceptance. */
    private static Limits limits(Names names) {
        return Limits.DEFAULT
                .maxPayloadBytes(8 << 20)
                .maxTopicLength(names.longestTopic())
                .send(1_000, 8 << 20, 1)
                .priorityLevels(Lanes.COUNT)
                .lateness(Duration.ofSeconds(1))
                .maxWait(Duration.ofSeconds(1))
                .maxLease(CONSUMER_TIMEOUT)
                .leaseDetection(Duration.ofSeconds(2));
    }
}
