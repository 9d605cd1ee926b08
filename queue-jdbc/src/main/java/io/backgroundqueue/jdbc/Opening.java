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
import java.time.Instant;
import java.util.Locale;

/** Connects to a database, looks whether it is set up as needed, and says what is wrong where it is not. */
final class Opening {
    /** How long a call waits for a connection once the database was reached. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private static final Duration VALIDATION = Duration.ofSeconds(1);
    /** Creating indexes on large tables takes longer than any call. */
    private static final Duration INSTALLATION = Duration.ofMinutes(10);

    private Opening() {}

    /**
     * A database that can be used.
     *
     * @param installed when its tables were made; by that they are told from the tables of another database
     */
    record Opened(Database database, Dialect dialect, Names names, Capabilities capabilities, Instant installed) {}

    static Opened of(JdbcSettings settings, Time time) {
        Database database = database(settings, time);
        try {
            return open(settings, database, time.deadline(settings.connectTimeout));
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
        try {
            JdbcUrl.standard(settings);
        } catch (SQLException goneSince) {
            throw explained(settings, goneSince);
        }
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(settings.url);
        config.setDataSourceProperties(settings.properties);
        config.setUsername(settings.username);
        config.setPassword(settings.password);
        config.setMaximumPoolSize(settings.poolSize);
        config.setMinimumIdle(JdbcSettings.LEAST_CONNECTIONS);
        config.setPoolName("backgroundqueue");
        long millis = Math.max(1_000, settings.connectTimeout.toMillis());
        // Also how long closing waits for a connection that is being made.
        config.setConnectionTimeout(Math.min(PATIENCE.toMillis(), millis));
        config.setInitializationFailTimeout(millis);
        config.setValidationTimeout(Math.min(VALIDATION.toMillis(), millis));
        try {
            HikariDataSource pool = new HikariDataSource(config);
            return new Database(pool, pool, time);
        } catch (PoolInitializationException unreachable) {
            throw explained(settings, unreachable);
        }
    }

    /** Creating tables may take long; everything else is over by the deadline. */
    private static Opened open(JdbcSettings settings, Database database, long deadlineNanos) throws SQLException {
        database.probe(deadlineNanos);
        Found found = database.borrow(deadlineNanos, true, connection -> found(settings, database, connection));
        long checkBy = deadlineNanos;
        if (found.old() && settings.createsTables()) {
            long createBy = database.time().deadline(INSTALLATION);
            database.borrow(createBy, true, connection -> {
                found.schema(connection).install(createBy);
                return true;
            });
            checkBy = database.time().deadline(settings.connectTimeout);
        }
        Instant installed = database.borrow(
                checkBy, true, connection -> found.schema(connection).require());
        return new Opened(
                database,
                found.dialect(),
                found.names(),
                JdbcCapabilities.of(found.dialect(), found.durable()),
                installed);
    }

    /** What a first look says about a database. */
    private record Found(
            Database database, Dialect dialect, Names names, boolean durable, boolean old, String shownSchema) {
        Schema schema(Connection connection) throws SQLException {
            return new Schema(connection, database, dialect, names, shownSchema);
        }
    }

    private static Found found(JdbcSettings settings, Database database, Connection connection) throws SQLException {
        DatabaseMetaData data = connection.getMetaData();
        Names names = Dialect.names(data.getDatabaseProductName(), schema(settings, connection), settings.prefix);
        Dialect dialect = Dialect.of(data.getDatabaseProductName(), names)
                .orElseThrow(() -> new QueueException(
                        Kind.MISCONFIGURED,
                        "queue-jdbc does not know the database '" + productName(data) + "'. Use PostgreSQL 12 or"
                                + " later, or H2 2.2 or later"));
        requireVersion(data, dialect);
        String shown = settings.schema.orElse(names.schema());
        return new Found(
                database,
                dialect,
                names,
                dialect.requireDurable(connection),
                new Schema(connection, database, dialect, names, shown).isOld(),
                shown);
    }

    private static void requireVersion(DatabaseMetaData data, Dialect dialect) throws SQLException {
        int major = data.getDatabaseMajorVersion();
        int minor = data.getDatabaseMinorVersion();
        if (!dialect.knows(major, minor)) {
            throw new QueueException(
                    Kind.MISCONFIGURED,
                    "This is " + data.getDatabaseProductName() + " " + major + "." + minor
                            + ", which lacks what queue-jdbc needs. Use PostgreSQL 12 or later, or H2 2.2 or later");
        }
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
