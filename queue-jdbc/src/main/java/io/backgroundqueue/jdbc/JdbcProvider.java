package io.backgroundqueue.jdbc;

import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.QueueDriverProvider;
import io.backgroundqueue.spi.QueueUrl;
import java.util.Set;

/**
 * Opens {@code jdbc:postgresql://host/database?user=…&password=…} and {@code jdbc:h2:file:/path/to/file}.
 *
 * <p>Parameters: {@code prefix} of all tables, default {@code bq_}; {@code schema}, default the connection's; {@code
 * createTables}, default true for an embedded H2 and false otherwise; {@code poolSize}, default 10; {@code connectTimeout},
 * default 5 s; {@code deadLetterRetention}, default until purged; {@code listen}, whether PostgreSQL tells other processes of
 * new tasks, default true. Parameters that the JDBC driver knows are passed on to it. Thread-safe.
 */
public final class JdbcProvider implements QueueDriverProvider {
    static final Set<String> SCHEMES = Set.of("jdbc");

    /** For {@link java.util.ServiceLoader}. */
    public JdbcProvider() {}

    @Override
    public Set<String> schemes() {
        return SCHEMES;
    }

    @Override
    public QueueDriver open(QueueUrl url, QueueOptions options) {
        JdbcSettings settings = new JdbcSettings();
        settings.url(url);
        url.duration("deadLetterRetention").ifPresent(settings::deadLetterRetention);
        url.flag("listen").ifPresent(listen -> settings.listen = listen);
        return new JdbcDriver(Opening.of(settings, options.time()), settings);
    }
}
