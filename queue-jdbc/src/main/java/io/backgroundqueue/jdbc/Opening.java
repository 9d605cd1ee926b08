package io.backgroundqueue.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool.PoolInitializationException;
import io.backgroundqueue.Capabilities;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.QueueUrl;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;

/** Connects to a database, looks whether it is set up as needed, and says what is wrong where it is not. */
final class Opening {
    /** How long a call waits for a connection once the database was reached. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private static final Duration VALIDATION = Duration.ofSeconds(1);
    /** Creating indexes on large tables takes longer than any call. */
    private static final Duration INSTALLATION = Duration.ofMinutes(10);

    private Opening() {}

    /** A database that can be used. */
    record Opened(Database database, Dialect dialect, Names names, Capabilities capabilities) {}

    static Opened of(JdbcSettings settings, Time time) {
        Database database = database(settings, time);
        try {
            return open(settings, database);
        } catch (SQLException failed) {
            database.close();
            throw explained(settings, failed);
        } catch (RuntimeException refused) {
            database.close();
            throw refused;
        }
    }

    private static Database database(JdbcSettings settings, Time time) {
        if (settings.source.isPresent()) {
            return new Database(settings.source.get(), () -> {}, time);
        }
        if (settings.url.isEmpty()) {
            throw QueueException.invalid("No database is given. Set a dataSource or a url");
        }
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(settings.url);
        config.setDataSourceProperties(settings.properties);
        config.setUsername(settings.username);
        config.setPassword(settings.password);
        config.setMaximumPoolSize(Math.max(2, settings.poolSize));
        config.setMinimumIdle(Math.min(2, settings.poolSize));
        config.setPoolName("backgroundqueue");
        long millis = Math.max(1_000, settings.connectTimeout.toMillis());
        config.setConnectionTimeout(millis);
        config.setInitializationFailTimeout(millis);
        config.setValidationTimeout(Math.min(VALIDATION.toMillis(), millis));
        try {
            HikariDataSource pool = new HikariDataSource(config);
            pool.setConnectionTimeout(Math.min(PATIENCE.toMillis(), millis));
            return new Database(pool, pool, time);
        } catch (PoolInitializationException unreachable) {
            throw explained(settings, unreachable);
        }
    }

    private static Opened open(JdbcSettings settings, Database database) throws SQLException {
        database.probe();
        long deadline = database.time().deadline(INSTALLATION);
        return database.borrow(deadline, true, connection -> {
            DatabaseMetaData data = connection.getMetaData();
            Names names = Dialect.names(data.getDatabaseProductName(), schema(settings, connection), settings.prefix);
            Dialect dialect = Dialect.of(data.getDatabaseProductName(), names)
                    .orElseThrow(() -> new QueueException(
                            Kind.MISCONFIGURED,
                            "queue-jdbc does not know the database '" + productName(data) + "'. Use PostgreSQL 12 or"
                                    + " later, or H2"));
            boolean durable = dialect.requireDurable(connection);
            new Schema(connection, database, dialect, names, settings.schema.orElse(names.schema()))
                    .require(settings.createsTables(), deadline);
            return new Opened(database, dialect, names, JdbcCapabilities.of(dialect, durable));
        });
    }

    private static String productName(DatabaseMetaData data) {
        try {
            return data.getDatabaseProductName();
        } catch (SQLException unknown) {
            return "unknown";
        }
    }

    /** As the database stores it, where names are not quoted. */
    private static String schema(JdbcSettings settings, Connection connection) throws SQLException {
        if (settings.schema.isEmpty()) {
            String current = connection.getSchema();
            if (current == null) {
                throw new QueueException(
                        Kind.MISCONFIGURED, settings + " has no current schema. Create one, or set the option schema");
            }
            return current;
        }
        String name = settings.schema.get();
        DatabaseMetaData data = connection.getMetaData();
        return data.storesUpperCaseIdentifiers() ? name.toUpperCase(Locale.ROOT) : name.toLowerCase(Locale.ROOT);
    }

    private static QueueException explained(JdbcSettings settings, Exception failed) {
        SQLException cause = sql(failed);
        boolean setUp = cause != null && JdbcErrors.classify(cause) == ErrorClass.MISCONFIGURED;
        return new QueueException(
                setUp ? Kind.MISCONFIGURED : Kind.UNAVAILABLE,
                settings + " could not be opened within " + settings.connectTimeout + ": "
                        + QueueUrl.redact(String.valueOf((cause == null ? failed : cause).getMessage())) + ". Check "
                        + (setUp ? "user, password, database and rights" : "that the database runs, and its address"),
                null,
                failed);
    }

    private static @org.jspecify.annotations.Nullable SQLException sql(Throwable failed) {
        Throwable at = failed;
        for (int depth = 0; at != null && depth < 10; depth++) {
            if (at instanceof SQLException found) {
                return found;
            }
            at = at.getCause();
        }
        return null;
    }
}
