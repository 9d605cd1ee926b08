package io.backgroundqueue.jdbc;

import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.QueueUrl;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;

/**
 * A store in a table of a database: one row per entry, which the database's clock ends. Opened by URL, {@code
 * jdbc:postgresql://host/database?user=…&password=…} or {@code jdbc:h2:file:/path/to/file}, or over a data source.
 * Thread-safe.
 */
public final class JdbcKeyValueStore implements KeyValueStore {
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration BETWEEN_CLEANINGS = Duration.ofMinutes(1);
    private static final int CLEANED = 1_000;
    private static final int LONGEST_KEY = 512;
    private static final int LARGEST_VALUE = 64 << 10;

    private final JdbcSettings settings;
    private final Database database;
    private final Time time;
    private final AtomicLong nextCleaning;
    private volatile boolean closed;
    private final String get;
    private final String revive;
    private final String insert;
    private final String swap;
    private final String delete;
    private final String clean;

    private JdbcKeyValueStore(JdbcSettings settings, Opening.Opened opened) {
        this.settings = settings;
        this.database = opened.database();
        this.time = database.time();
        this.nextCleaning = new AtomicLong(time.nanos());
        Names names = opened.names();
        this.get = names.sql("""
                SELECT k.name, k.content FROM {kv} k JOIN UNNEST(CAST(? AS varchar ARRAY)) AS u(name) ON k.name = u.name
                WHERE k.expires_at > {now}""");
        this.revive =
                names.sql("UPDATE {kv} SET expires_at = {later}, content = ? WHERE name = ? AND expires_at <= {now}");
        this.insert = names.sql("""
                INSERT INTO {kv} (expires_at, content, name) SELECT {later}, ?, n.name
                FROM (SELECT CAST(? AS varchar) AS name) n WHERE NOT EXISTS (SELECT 1 FROM {kv} k WHERE k.name = n.name)""");
        this.swap = names.sql("""
                UPDATE {kv} SET expires_at = {later}, content = ? WHERE name = ? AND content = ? AND expires_at > {now}""");
        this.delete = names.sql("DELETE FROM {kv} WHERE name = ? AND content = ? AND expires_at > {now}");
        this.clean = names.sql("""
                DELETE FROM {kv} WHERE expires_at <= {now} AND name IN
                (SELECT name FROM {kv} WHERE expires_at <= {now} LIMIT ?)""");
    }

    /**
     * Connects to the database of a URL. Parameters are {@code prefix}, {@code schema}, {@code createTables}, {@code
     * poolSize} and {@code connectTimeout}, as {@link JdbcBackgroundQueue.Builder} has them, and those of the JDBC driver.
     *
     * @throws QueueException of kind UNAVAILABLE if it cannot be reached; MISCONFIGURED if its tables are missing or not as
     *     needed
     */
    public static JdbcKeyValueStore open(String url) {
        QueueUrl parsed = QueueUrl.parse(url);
        JdbcSettings settings = new JdbcSettings();
        settings.url(parsed);
        parsed.requireAllTaken();
        return open(settings, Time.system());
    }

    /** A builder with all defaults; it needs a {@link Builder#dataSource} or a {@link Builder#url}. */
    public static Builder builder() {
        return new Builder();
    }

    static JdbcKeyValueStore open(JdbcSettings settings, Time time) {
        return new JdbcKeyValueStore(settings, Opening.of(settings, time));
    }

    /** Collects options; not thread-safe. */
    public static final class Builder {
        private final JdbcSettings settings = new JdbcSettings();

        private Builder() {}

        /** Where connections come from. It is taken as it is and not closed. */
        public Builder dataSource(DataSource source) {
            settings.source = Optional.of(source);
            return this;
        }

        /** Where the database is; see {@link JdbcBackgroundQueue.Builder#url}. */
        public Builder url(String url) {
            QueueUrl parsed = QueueUrl.parse(url);
            JdbcUrl.read(parsed, settings);
            parsed.requireAllTaken();
            return this;
        }

        /** Who connects, where a URL is given. Default: as the JDBC driver has it. */
        public Builder username(String name) {
            settings.username = name;
            return this;
        }

        /** Default: none. */
        public Builder password(String value) {
            settings.password = value;
            return this;
        }

        /** How many connections there are at most, where a URL is given. 1 to 1,000. Default: 10. */
        public Builder poolSize(int connections) {
            settings.poolSize(connections);
            return this;
        }

        /** What the name of every table begins with: 1 to 32 of {@code a-z 0-9 _}. Default: {@code bq_}. */
        public Builder prefix(String value) {
            settings.prefix(value);
            return this;
        }

        /** Which schema the tables are in. Default: the one that connections come with. */
        public Builder schema(String name) {
            settings.schema(name);
            return this;
        }

        /** Whether missing tables are created; see {@link JdbcBackgroundQueue.Builder#createTables}. */
        public Builder createTables(boolean create) {
            settings.createTables = Optional.of(create);
            return this;
        }

        /** How long opening may take, longer than 0. Default: 5 seconds. */
        public Builder connectTimeout(Duration value) {
            settings.connectTimeout(value);
            return this;
        }

        /**
         * Connects and opens the store.
         *
         * @throws QueueException of kind UNAVAILABLE if the database cannot be reached within the connect timeout;
         *     MISCONFIGURED if its tables are missing or not as needed
         */
        public JdbcKeyValueStore build() {
            return open(settings.copy(), Time.system());
        }
    }

    @Override
    public Optional<String> get(String key) {
        return getAll(List.of(key)).get(0);
    }

    @Override
    public boolean putIfAbsent(String key, String value, Duration ttl) {
        return putAllIfAbsent(List.of(new Put(key, value, ttl))).get(0);
    }

    @Override
    public boolean compareAndSet(String key, String expected, String value, Duration ttl) {
        return compareAndSetAll(List.of(new Swap(key, expected, value, ttl))).get(0);
    }

    @Override
    public boolean compareAndDelete(String key, String expected) {
        return call(session -> session.step(delete, key(key), expected).update() == 1);
    }

    @Override
    public List<Optional<String>> getAll(List<String> keys) {
        keys.forEach(JdbcKeyValueStore::key);
        Map<String, String> found = new HashMap<>();
        call(session -> session.step(get, session.texts(keys))
                .list(row -> found.put(row.getString("name"), row.getString("content"))));
        return keys.stream().map(key -> Optional.ofNullable(found.get(key))).toList();
    }

    @Override
    public List<Boolean> putAllIfAbsent(List<Put> puts) {
        puts.forEach(put -> value(put.value()));
        cleanSometimes();
        return call(session -> {
            List<Boolean> stored = new ArrayList<>(puts.size());
            for (Put put : puts) {
                stored.add(put(session, key(put.key()), put.value(), micros(put.ttl())));
            }
            return stored;
        });
    }

    @Override
    public List<Boolean> compareAndSetAll(List<Swap> swaps) {
        return call(session -> {
            List<Boolean> changed = new ArrayList<>(swaps.size());
            for (Swap one : swaps) {
                changed.add(session.step(swap, micros(one.ttl()), value(one.value()), key(one.key()), one.expected())
                                .update()
                        == 1);
            }
            return changed;
        });
    }

    @Override
    public void close() {
        closed = true;
        database.close();
    }

    /** An entry that has ended is taken over; else there must be none, also not of somebody who is faster. */
    private boolean put(Session session, String key, String value, long micros) throws SQLException {
        if (session.step(revive, micros, value, key).update() == 1) {
            return true;
        }
        try {
            return session.step(insert, micros, value, key).update() == 1;
        } catch (SQLException failed) {
            if (JdbcErrors.state(failed).equals("23505")) {
                return false;
            }
            throw failed;
        }
    }

    private void cleanSometimes() {
        long due = nextCleaning.get();
        if (time.nanos() - due >= 0 && nextCleaning.compareAndSet(due, time.deadline(BETWEEN_CLEANINGS))) {
            call(session -> session.step(clean, CLEANED).update());
        }
    }

    private <T> T call(Database.Work<T> work) {
        if (closed) {
            throw new QueueException(Kind.CLOSED, "This JDBC store is closed. Open another one to go on");
        }
        try {
            return database.call(time.deadline(CALL_TIMEOUT), work);
        } catch (SQLException failed) {
            throw new QueueException(
                    Kind.UNAVAILABLE,
                    settings + " did not answer as a store: " + QueueUrl.redact(String.valueOf(failed.getMessage()))
                            + ". A change may have taken effect",
                    null,
                    failed);
        }
    }

    private static String key(String key) {
        if (key.isEmpty() || key.length() > LONGEST_KEY) {
            throw QueueException.invalid("A key has " + key.length() + " characters. It must have 1 to " + LONGEST_KEY);
        }
        return key;
    }

    private static String value(String value) {
        int bytes = value.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > LARGEST_VALUE) {
            throw new QueueException(
                    Kind.TOO_LARGE, "A value has " + bytes + " bytes. It must have at most " + LARGEST_VALUE);
        }
        return value;
    }

    private static long micros(Duration ttl) {
        if (ttl.isZero() || ttl.isNegative()) {
            throw QueueException.invalid("The time to live is " + ttl + ". It must be longer than 0");
        }
        return Moments.micros(ttl.compareTo(LONGEST_LIFE) < 0 ? ttl : LONGEST_LIFE);
    }

    private static final Duration LONGEST_LIFE = Duration.ofDays(36_500);
}
