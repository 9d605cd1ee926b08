package io.backgroundqueue.redis;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.QueueDriverProvider;
import io.backgroundqueue.spi.QueueUrl;
import java.time.Duration;
import java.util.Set;

/**
 * Opens {@code redis://user:password@host:6379/0} and, with TLS, {@code rediss:}. Several hosts of a cluster are
 * separated by commas.
 *
 * <p>Parameters: {@code prefix}, what every key begins with, default {@code bq}; {@code connectTimeout}, default 5 s;
 * {@code deadLetterRetention}, default until purged; {@code durability}, {@code server} (default), {@code replicated} or
 * {@code fsynced}, with {@code replicas}, default 1, and {@code durabilityTimeout}, default 1 s. Thread-safe.
 */
public final class RedisProvider implements QueueDriverProvider {
    static final Set<String> SCHEMES = Set.of("redis", "rediss");

    /** For {@link java.util.ServiceLoader}. */
    public RedisProvider() {}

    @Override
    public Set<String> schemes() {
        return SCHEMES;
    }

    @Override
    public QueueDriver open(QueueUrl url, QueueOptions options) {
        RedisSettings settings = RedisSettings.of(url);
        url.duration("deadLetterRetention").ifPresent(settings::deadLetterRetention);
        settings.durability = durability(url);
        return Opening.of(settings, options.time());
    }

    private static RedisDurability durability(QueueUrl url) {
        String level = url.text("durability").orElse("server");
        int replicas = url.integer("replicas", 1, 1_000).orElse(1);
        Duration timeout = url.duration("durabilityTimeout").orElse(Duration.ofSeconds(1));
        return switch (level) {
            case "server" -> RedisDurability.AS_SERVER;
            case "replicated" -> RedisDurability.replicated(replicas, timeout);
            case "fsynced" -> RedisDurability.fsynced(timeout);
            default ->
                throw QueueException.invalid("The parameter durability=" + level + " of " + url
                        + " is none of server, replicated and fsynced");
        };
    }
}
