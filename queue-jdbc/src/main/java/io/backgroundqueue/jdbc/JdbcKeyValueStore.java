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
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store in a table of a database: one row per entry, which the database's clock ends. Opened by URL, {@code
 * jdbc:postgresql://host/database?user=…&password=…} or {@code jdbc:h2:file:/path/to/file}, or over a data source.
 * Thread-safe.
 */
public final class JdbcKeyValueStore implements KeyValueStore {
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration BETWEEN_CLEANINGS = Duration.ofMinutes(1);
    private static final Duration CLEANING = Duration.ofSeconds(1);
    private static final int CLEANED = 1_000;
    private static final String STORED_ALREADY = "23505";
    private static final Logger LOG = LoggerFactory.getLogger(JdbcKeyValueStore.class);
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
    private final Expired expired;

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
        this.expired = new Expired(names, "kv", "name");
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

        /** How many connections there are at most, where a URL is given. 2 to 1,000. Default: 10. */
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

        /** How long connecting may take, and then looking the tables over, longer than 0. Default: 5 seconds. */
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
        return answered(deadline -> database.call(
                deadline, session -> session.step(delete, key(key), expected).update() == 1));
    }

    @Override
    public List<Optional<String>> getAll(List<String> keys) {
        keys.forEach(JdbcKeyValueStore::key);
        Map<String, String> found = new HashMap<>();
        answered(deadline -> database.call(
                deadline,
                session -> session.step(get, session.texts(keys))
                        .list(row -> found.put(row.getString("name"), row.getString("content")))));
        return keys.stream().map(key -> Optional.ofNullable(found.get(key))).toList();
    }

    @Override
    public List<Boolean> putAllIfAbsent(List<Put> puts) {
        for (Put put : puts) {
            key(put.key());
            value(put.value());
            micros(put.ttl());
        }
        return answered(deadline -> {
            cleanSometimes();
            if (puts.size() > 1) {
                try {
                    return database.transaction(deadline, session -> putTogether(session, puts));
                } catch (SQLException failed) {
                    if (!JdbcErrors.state(failed).equals(STORED_ALREADY)) {
                        throw failed;
                    }
                    // Somebody stored one of them at the same moment: each by itself finds that out.
                }
            }
            return database.call(deadline, session -> putEach(session, puts));
        });
    }

    @Override
    public List<Boolean> compareAndSetAll(List<Swap> swaps) {
        for (Swap one : swaps) {
            key(one.key());
            value(one.value());
            micros(one.ttl());
        }
        Changes changes = new Changes(swaps.stream().map(Swap::key).toList());
        return answered(deadline -> database.transaction(
                deadline,
                session -> changes.of(session.step(swap), (step, i) -> {
                    Swap one = swaps.get(i);
                    step.add(micros(one.ttl())).add(one.value()).add(one.key()).add(one.expected());
                })));
    }

    @Override
    public void close() {
        closed = true;
        database.close();
    }

    /** An entry that has ended is taken over; else there must be none. */
    private List<Boolean> putTogether(Session session, List<Put> puts) throws SQLException {
        Changes changes = new Changes(puts.stream().map(Put::key).toList());
        for (String sql : List.of(revive, insert)) {
            changes.of(session.step(sql), (step, i) -> put(step, puts.get(i)));
        }
        return changes.answers();
    }

    private List<Boolean> putEach(Session session, List<Put> puts) throws SQLException {
        List<Boolean> stored = new ArrayList<>(puts.size());
        for (Put one : puts) {
            stored.add(put(session.step(revive), one).update() == 1 || inserts(session, one));
        }
        return stored;
    }

    private boolean inserts(Session session, Put one) throws SQLException {
        try {
            return put(session.step(insert), one).update() == 1;
        } catch (SQLException failed) {
            if (JdbcErrors.state(failed).equals(STORED_ALREADY)) {
                return false;
            }
            throw failed;
        }
    }

    private static Step put(Step step, Put one) throws SQLException {
        return step.add(micros(one.ttl())).add(one.value()).add(one.key());
    }

    /** Which entries of a batch were changed, by one statement or several. */
    private static final class Changes {
        private final boolean[] changed;
        private final List<Integer> order;

        /** In the order of the keys, so that two batches never wait for each other. */
        Changes(List<String> keys) {
            this.changed = new boolean[keys.size()];
            this.order = IntStream.range(0, keys.size())
                    .boxed()
                    .sorted(Comparator.comparing(keys::get))
                    .toList();
        }

        /** What one entry puts into a statement. */
        interface Values {
            void add(Step step, int entry) throws SQLException;
        }

        /** Runs a statement for every entry that is not changed yet. */
        List<Boolean> of(Step step, Values values) throws SQLException {
            List<Integer> left = order.stream().filter(entry -> !changed[entry]).toList();
            for (int entry : left) {
                values.add(step, entry);
                step.row();
            }
            int[] counts = step.updates();
            for (int i = 0; i < counts.length; i++) {
                changed[left.get(i)] = counts[i] == 1;
            }
            return answers();
        }

        List<Boolean> answers() {
            return IntStream.range(0, changed.length).mapToObj(i -> changed[i]).toList();
        }
    }

    /** What has ended is not seen anyway: that it could not be deleted is nobody's trouble. */
    private void cleanSometimes() {
        long due = nextCleaning.get();
        if (time.nanos() - due >= 0 && nextCleaning.compareAndSet(due, time.deadline(BETWEEN_CLEANINGS))) {
            try {
                database.transaction(time.deadline(CLEANING), session -> expired.delete(session, CLEANED));
            } catch (SQLException failed) {
                LOG.debug(
                        "Entries that have ended were not deleted; the next time is in {}", BETWEEN_CLEANINGS, failed);
            }
        }
    }

    /** A call that ends by a deadline. */
    private interface Call<T> {
        T by(long deadlineNanos) throws SQLException;
    }

    private <T> T answered(Call<T> call) {
        if (closed) {
            throw new QueueException(Kind.CLOSED, "This JDBC store is closed. Open another one to go on");
        }
        try {
            return call.by(time.deadline(CALL_TIMEOUT));
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
