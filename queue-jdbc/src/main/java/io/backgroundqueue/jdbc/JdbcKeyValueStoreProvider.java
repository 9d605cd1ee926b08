package io.backgroundqueue.jdbc;

import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.KeyValueStoreProvider;
import io.backgroundqueue.spi.QueueUrl;
import java.util.Set;

/**
 * Opens {@code jdbc:postgresql://host/database?user=…&password=…} and {@code jdbc:h2:file:/path/to/file} as a store.
 * Parameters: {@code prefix}, {@code schema}, {@code createTables}, {@code poolSize} and {@code connectTimeout}, as {@link
 * JdbcProvider} has them, and those of the JDBC driver. Thread-safe.
 */
public final class JdbcKeyValueStoreProvider implements KeyValueStoreProvider {
    /** For {@link java.util.ServiceLoader}. */
    public JdbcKeyValueStoreProvider() {}

    @Override
    public Set<String> schemes() {
        return JdbcProvider.SCHEMES;
    }

    @Override
    public KeyValueStore open(QueueUrl url, Time time) {
        JdbcSettings settings = new JdbcSettings();
        settings.url(url);
        return JdbcKeyValueStore.open(settings, time);
    }
}
