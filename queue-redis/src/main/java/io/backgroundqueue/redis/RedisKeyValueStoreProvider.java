package io.backgroundqueue.redis;

import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.KeyValueStoreProvider;
import io.backgroundqueue.spi.QueueUrl;
import java.util.Set;

/**
 * Opens {@code redis://user:password@host:6379/0} and, with TLS, {@code rediss:} as a store. Parameters: {@code prefix},
 * default {@code bq}, and {@code connectTimeout}, default 5 s. Thread-safe.
 */
public final class RedisKeyValueStoreProvider implements KeyValueStoreProvider {
    /** For {@link java.util.ServiceLoader}. */
    public RedisKeyValueStoreProvider() {}

    @Override
    public Set<String> schemes() {
        return RedisProvider.SCHEMES;
    }

    @Override
    public KeyValueStore open(QueueUrl url, Time time) {
        return RedisKeyValueStore.open(RedisSettings.of(url), time);
    }
}
