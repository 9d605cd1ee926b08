package io.backgroundqueue.jdbc;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.spi.QueueUrl;
import java.sql.Connection;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import javax.sql.DataSource;

/**
 * A durable queue in the tables of a database: PostgreSQL 12 or later, or H2, embedded, with a file and no server. A task
 * runs at most 3 times by default, with an exponential pause from 1 second between, as on every backend. Queues of one
 * prefix in one schema share their tasks.
 */
public final class JdbcBackgroundQueue {
    private JdbcBackgroundQueue() {}

    /** A builder with all defaults; it needs a {@link Builder#dataSource} or a {@link Builder#url}. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * A view of a queue that enqueues in the transaction that is under way on a connection: a commit brings the tasks to be,
     * together with whatever else the transaction changed, and a rollback leaves none of them and frees their deduplication
     * ids. The view neither commits nor rolls back and changes nothing about the connection. A worker that waits finds the
     * tasks within half a second of the commit; on PostgreSQL it is mostly told with the commit, by a NOTIFY of the
     * transaction. A statement that fails leaves the transaction failed, and nothing stored: roll it back. Use the view on
     * the thread that uses the connection, and only as long as the transaction lasts.
     *
     * @param queue opened by this class, or by URL with an address that begins with {@code jdbc:}
     * @param connection to the same database, not in autocommit mode
     * @throws QueueException of kind INVALID if another backend stands behind the queue; an enqueue on a connection that is
     *     closed, in autocommit mode or to another database fails with INVALID
     */
    public static BackgroundQueue within(BackgroundQueue queue, Connection connection) {
        return BackgroundQueues.within(queue, JdbcDriver.class, driver -> driver.sender(connection));
    }

    /** Collects options; not thread-safe. */
    public static final class Builder {
        private JdbcSettings settings = new JdbcSettings();
        private OptionalInt concurrency = OptionalInt.empty();
        private QueueOptions options = QueueOptions.DEFAULT;

        private Builder() {}

        /**
         * Where connections come from. It is taken as it is and not closed; each connection is given back as it was. A pool
         * should wait no longer than 2 seconds for a free connection: nothing here can end that wait. On
         * PostgreSQL, one connection is kept for as long as a worker runs, to hear of new tasks, unless {@link #listen} is off.
         */
        public Builder dataSource(DataSource source) {
            settings.source = Optional.of(source);
            return this;
        }

        /**
         * Where the database is: {@code jdbc:postgresql://host/database} or {@code jdbc:h2:file:/path/to/file}. The queue has
         * a pool of its own then. Parameters of the JDBC driver may follow after a question mark, percent-encoded.
         */
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

        /**
         * Whether missing tables are created, and those of an older version upgraded, when the queue is opened. Default: no;
         * yes for an embedded H2 that is given by URL.
         */
        public Builder createTables(boolean create) {
            settings.createTables = Optional.of(create);
            return this;
        }

        /** How long dead letters are kept, longer than 0. Default: until they are purged. */
        public Builder deadLetterRetention(Duration kept) {
            settings.deadLetterRetention(kept);
            return this;
        }

        /**
         * Whether processes tell each other of new tasks with LISTEN and NOTIFY, where the database is PostgreSQL. Without,
         * a task of another process is found within half a second. Turn it off behind a pooler that shares connections
         * between transactions. Default: yes.
         */
        public Builder listen(boolean on) {
            settings.listen = on;
            return this;
        }

        /** How long connecting may take, and then looking the tables over, longer than 0. Default: 5 seconds. */
        public Builder connectTimeout(Duration value) {
            settings.connectTimeout(value);
            return this;
        }

        /** How many tasks a worker runs at once that does not say otherwise. 1 to 10,000. Default: 10. */
        public Builder concurrency(int tasks) {
            concurrency = WorkerOptions.DEFAULT.concurrency(tasks).concurrency();
            return this;
        }

        /** Everything else. Default: {@link QueueOptions#DEFAULT}. */
        public Builder options(QueueOptions value) {
            options = value;
            return this;
        }

        /**
         * Connects and opens the queue.
         *
         * @throws QueueException of kind UNAVAILABLE if the database cannot be reached within the connect timeout;
         *     MISCONFIGURED if it is of another kind, or its tables are missing or not as needed
         */
        public BackgroundQueue build() {
            QueueOptions all = concurrency.isEmpty()
                    ? options
                    : options.toBuilder()
                            .workerDefaults(options.workerDefaults().concurrency(concurrency.getAsInt()))
                            .build();
            JdbcSettings copy = settings.copy();
            return BackgroundQueues.over(new JdbcDriver(Opening.of(copy, all.time()), copy), all);
        }
    }
}
