package io.backgroundqueue.jdbc;

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

/** What a database can do. */
final class JdbcCapabilities {
    /** One send at a time: two side by side would mix the order of acceptance. */
    private static final Limits LIMITS = Limits.DEFAULT
            .send(1_000, 8 << 20, 1)
            .priorityLevels(10)
            .lateness(Duration.ofSeconds(1))
            .maxWait(JdbcReceiver.LONGEST_WAIT)
            .leaseDetection(Duration.ofSeconds(2));

    private JdbcCapabilities() {}

    /** @param durable whether tasks outlive this process */
    static Capabilities of(Dialect dialect, boolean durable) {
        Map<Feature, Support> features = new EnumMap<>(Feature.class);
        for (Feature feature : Feature.values()) {
            features.put(feature, Support.natively());
        }
        features.put(
                Feature.ORDERING_KEY,
                Support.unsupported(
                        "queue-jdbc keeps one line per priority",
                        "use one topic with concurrency 1, or queue-inmemory"));
        return new Capabilities(
                "jdbc-" + dialect.name(),
                features,
                LIMITS.maxPayloadBytes(Math.min(LIMITS.maxPayloadBytes(), dialect.mostBytes())),
                LeaseKind.TIMED,
                true,
                true,
                Precision.EXACT,
                durable ? Durability.DISK : Durability.PROCESS);
    }
}
