package io.backgroundqueue.jdbc;

import io.backgroundqueue.Time;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import javax.sql.DataSource;

/**
 * Connections for our calls: whatever the data source hands out, a call runs at READ COMMITTED, alone or as a
 * transaction, ends by its deadline, and gives the connection back as it was. Thread-safe.
 */
final class Database implements AutoCloseable {
    private static final Duration LEAST = Duration.ofMillis(1);

    private final DataSource source;
    private final AutoCloseable pool;
    private final Time time;

    // What the first connection showed; pools hand out one kind.
    private volatile boolean otherIsolation;
    private volatile boolean hangsForEver;

    /** @param pool what to close in the end */
    Database(DataSource source, AutoCloseable pool, Time time) {
        this.source = source;
        this.pool = pool;
        this.time = time;
    }

    /** What to do with a connection. */
    interface Work<T> {
        T on(Session session) throws SQLException;
    }

    /** What to do with a bare connection. */
    interface RawWork<T> {
        T on(Connection connection) throws SQLException;
    }

    /** Looks at a connection, to know what every call has to set and to put back. */
    void probe() throws SQLException {
        try (Connection connection = connect()) {
            otherIsolation = connection.getTransactionIsolation() != Connection.TRANSACTION_READ_COMMITTED;
            if (!connection.getAutoCommit()) {
                // Asking for the isolation may have begun a transaction.
                connection.rollback();
            }
            try {
                connection.setNetworkTimeout(Runnable::run, connection.getNetworkTimeout());
            } catch (SQLFeatureNotSupportedException | AbstractMethodError unsupported) {
                hangsForEver = true;
            }
        }
    }

    Time time() {
        return time;
    }

    /** A connection of its own, for whoever keeps it. */
    Connection connect() throws NotConnectedException {
        try {
            return source.getConnection();
        } catch (SQLException refused) {
            throw new NotConnectedException(refused);
        }
    }

    /** Each statement by itself. */
    <T> T call(long deadlineNanos, Work<T> work) throws SQLException {
        return borrow(deadlineNanos, true, connection -> work.on(new Session(connection, time, deadlineNanos)));
    }

    /** All statements or none. */
    <T> T transaction(long deadlineNanos, Work<T> work) throws SQLException {
        return borrow(deadlineNanos, false, connection -> {
            T result;
            try {
                result = work.on(new Session(connection, time, deadlineNanos));
            } catch (SQLException | RuntimeException failed) {
                rollback(connection, failed);
                throw failed;
            }
            commit(connection);
            return result;
        });
    }

    /** One step of a dialect, which is a statement or a transaction. */
    <T> T step(boolean alone, long deadlineNanos, Work<T> work) throws SQLException {
        return alone ? call(deadlineNanos, work) : transaction(deadlineNanos, work);
    }

    /** For what is done once. */
    <T> T borrow(long deadlineNanos, boolean alone, RawWork<T> work) throws SQLException {
        try (Connection connection = connect()) {
            boolean wasAlone = connection.getAutoCommit();
            int isolation = otherIsolation ? connection.getTransactionIsolation() : 0;
            int network = hangsForEver ? 0 : connection.getNetworkTimeout();
            Throwable failure = null;
            try {
                prepare(connection, deadlineNanos, alone);
                return work.on(connection);
            } catch (SQLException | RuntimeException failed) {
                failure = failed;
                throw failed;
            } finally {
                restore(connection, wasAlone, isolation, network, failure);
            }
        }
    }

    @Override
    public void close() {
        try {
            pool.close();
        } catch (Exception lost) {
            // Nothing can be done about it, and nothing depends on it.
            org.slf4j.LoggerFactory.getLogger(Database.class).debug("The pool did not close", lost);
        }
    }

    private void prepare(Connection connection, long deadlineNanos, boolean alone) throws SQLException {
        Duration left = time.until(deadlineNanos);
        if (!hangsForEver) {
            long millis = Math.max(left.toMillis(), LEAST.toMillis());
            connection.setNetworkTimeout(Runnable::run, (int) Math.min(millis, Integer.MAX_VALUE));
        }
        if (otherIsolation) {
            connection.setAutoCommit(true);
            connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        }
        if (connection.getAutoCommit() != alone) {
            connection.setAutoCommit(alone);
        }
    }

    /** A connection that cannot be put back is broken, and its pool will see that. */
    private void restore(
            Connection connection,
            boolean alone,
            int isolation,
            int network,
            @org.jspecify.annotations.Nullable Throwable failure) {
        try {
            if (otherIsolation) {
                connection.setAutoCommit(true);
                connection.setTransactionIsolation(isolation);
            }
            if (connection.getAutoCommit() != alone) {
                connection.setAutoCommit(alone);
            }
            if (!hangsForEver) {
                connection.setNetworkTimeout(Runnable::run, network);
            }
        } catch (SQLException broken) {
            if (failure != null) {
                failure.addSuppressed(broken);
            }
        }
    }

    /** Turning autocommit on commits, and costs nothing more where most connections have it on anyway. */
    private static void commit(Connection connection) throws SQLException {
        try {
            connection.setAutoCommit(true);
        } catch (SQLException failed) {
            throw JdbcErrors.undone(failed) ? failed : new CommitFailedException(failed);
        }
    }

    private static void rollback(Connection connection, Throwable failure) {
        try {
            connection.rollback();
        } catch (SQLException broken) {
            failure.addSuppressed(broken);
        }
    }
}
