package io.backgroundqueue.jdbc;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.spi.QueueUrl;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** How to reach a database and what to keep there. Checked where it is set; never prints a password. */
final class JdbcSettings {
    private static final Pattern PREFIX = Pattern.compile("[a-z][a-z0-9_]{0,31}");
    private static final Pattern SCHEMA = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,62}");
    private static final Duration LONGEST = Duration.ofDays(36_500);
    /** One for the call, and one that listens, or holds the lock while tables are created. */
    static final int LEAST_CONNECTIONS = 2;

    private static final int MOST_CONNECTIONS = 1_000;

    Optional<DataSource> source = Optional.empty();
    /** What the JDBC driver is asked for, without our parameters; empty if there is a source. */
    String url = "";
    /** As it was given, without secrets. */
    String shown = "";

    Properties properties = new Properties();

    @Nullable
    String username;

    @Nullable
    String password;

    int poolSize = 10;
    String prefix = "bq_";
    Optional<String> schema = Optional.empty();
    Optional<Boolean> createTables = Optional.empty();
    Duration connectTimeout = Duration.ofSeconds(5);
    Optional<Duration> deadLetterRetention = Optional.empty();
    boolean listen = true;

    /** Address and parameters of a URL; those that are the JDBC driver's own are passed on. */
    void url(QueueUrl parsed) {
        parsed.text("prefix").ifPresent(this::prefix);
        parsed.text("schema").ifPresent(this::schema);
        parsed.flag("createTables").ifPresent(create -> createTables = Optional.of(create));
        parsed.integer("poolSize", LEAST_CONNECTIONS, MOST_CONNECTIONS).ifPresent(this::poolSize);
        parsed.duration("connectTimeout").ifPresent(this::connectTimeout);
        JdbcUrl.read(parsed, this);
    }

    void prefix(String value) {
        if (!PREFIX.matcher(value).matches()) {
            throw QueueException.invalid(
                    "The prefix '" + value + "' is not 1 to 32 of a-z 0-9 _ that begin with a letter");
        }
        prefix = value;
    }

    void schema(String value) {
        if (!SCHEMA.matcher(value).matches()) {
            throw QueueException.invalid(
                    "The schema '" + value + "' is not 1 to 63 of A-Z a-z 0-9 _ that begin with none of 0-9");
        }
        schema = Optional.of(value);
    }

    void poolSize(int value) {
        if (value < LEAST_CONNECTIONS || value > MOST_CONNECTIONS) {
            throw QueueException.invalid(
                    "poolSize is " + value + ". It must be from " + LEAST_CONNECTIONS + " to " + MOST_CONNECTIONS);
        }
        poolSize = value;
    }

    void connectTimeout(Duration value) {
        connectTimeout = longerThanZero("connectTimeout", value);
    }

    void deadLetterRetention(Duration value) {
        deadLetterRetention = Optional.of(longerThanZero("deadLetterRetention", value));
    }

    /** Whether missing tables are created: by default only where the database is a file of this program's. */
    boolean createsTables() {
        return createTables.orElse(source.isEmpty()
                && url.startsWith("jdbc:h2:")
                && !url.startsWith("jdbc:h2:tcp:")
                && !url.startsWith("jdbc:h2:ssl:"));
    }

    /** A copy: what was opened does not change with its builder. */
    JdbcSettings copy() {
        JdbcSettings copy = new JdbcSettings();
        copy.source = source;
        copy.url = url;
        copy.shown = shown;
        copy.properties.putAll(properties);
        copy.username = username;
        copy.password = password;
        copy.poolSize = poolSize;
        copy.prefix = prefix;
        copy.schema = schema;
        copy.createTables = createTables;
        copy.connectTimeout = connectTimeout;
        copy.deadLetterRetention = deadLetterRetention;
        copy.listen = listen;
        return copy;
    }

    private static Duration longerThanZero(String name, Duration value) {
        if (value.isZero() || value.isNegative() || value.compareTo(LONGEST) > 0) {
            throw QueueException.invalid(name + " is " + value + ". It must be longer than 0, up to 36500 days");
        }
        return value;
    }

    /** Where it is, without user and password. */
    @Override
    public String toString() {
        return source.isPresent() ? "The data source" : shown;
    }
}
