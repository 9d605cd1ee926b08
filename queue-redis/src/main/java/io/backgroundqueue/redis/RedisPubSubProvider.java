package io.backgroundqueue.redis;

import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.redis.RedisPubSubDriver.EventBound;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.QueueDriverProvider;
import io.backgroundqueue.spi.QueueUrl;
import java.util.Set;

/**
 * Opens {@code redis+pubsub://host:port}, and {@code rediss+pubsub:} with TLS. Parameters: {@code prefix}, {@code
 * connectTimeout}, and {@code buffer} and {@code bufferBytes}, how much one listener holds that waits for its handler.
 * Thread-safe.
 */
public final class RedisPubSubProvider implements QueueDriverProvider {
    static final Set<String> SCHEMES = Set.of("redis+pubsub", "rediss+pubsub");

    /** For {@link java.util.ServiceLoader}. */
    public RedisPubSubProvider() {}

    @Override
    public Set<String> schemes() {
        return SCHEMES;
    }

    @Override
    public QueueDriver open(QueueUrl url, QueueOptions options) {
        RedisSettings settings = RedisSettings.of(url);
        EventBound bound = new EventBound(
                url.integer("buffer", 1, Integer.MAX_VALUE).orElse(EventBound.DEFAULT.events()),
                url.integer("bufferBytes", 1, Integer.MAX_VALUE).stream()
                        .asLongStream()
                        .findFirst()
                        .orElse(EventBound.DEFAULT.bytes()));
        return RedisPubSubDriver.open(settings, bound, options.time());
    }
}
