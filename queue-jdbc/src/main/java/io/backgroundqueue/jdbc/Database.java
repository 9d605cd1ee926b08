package io.backgroundqueue.jdbc;

import io.backgroundqueue.Time;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Connections for our calls: whatever the data source hands out, a call runs at READ COMMITTED, alone or as a
 * transaction, ends by its deadline, and gives the connection back as it was. Thread-safe.
 */
final class Database implements AutoCloseable {
    private static final Duration LEAST = Duration.ofMillis(1);
    private static final int WANTED = Connection.TRANSACTION_READ_COMMITTED;

    private final DataSource source;
    private final AutoCloseable pool;
    private final Time time;

    // What the first connection showed; pools hand out one kind.
    private volatile int isolation = WANTED;
    private volatile boolean hangsForEver;
    private volatile boolean sharesLimit;
    private volatile boolean away;

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

    /** What a connection comes with, and has when it goes back. */
    private record SetUp(boolean alone, int network, int limit) {}

    /** Looks at a connection, to know what every call has to set and to put back. */
    void probe(long deadlineNanos) throws SQLException {
        try (Connection connection = connect(deadlineNanos)) {
            int network = 0;
            try {
                network = connection.getNetworkTimeout();
                endBy(connection, deadlineNanos);
            } catch (SQLFeatureNotSupportedException | AbstractMethodError unsupported) {
                hangsForEver = true;
            }
            sharesLimit = keepsLimit(connection);
            isolation = connection.getTransactionIsolation();
            if (!connection.getAutoCommit()) {
                // Asking for the isolation may have begun a transaction.
                connection.rollback();
            }
            if (!hangsForEver) {
                connection.setNetworkTimeout(Runnable::run, network);
            }
        }
    }

    Time time() {
        return time;
    }

    /** Of two times of {@link Time#nanos}, which may overflow between them. */
    static long sooner(long one, long other) {
        return one - other < 0 ? one : other;
    }

    /** A connection of its own, for whoever keeps it. */
    Connection connect() throws NotConnectedException {
        try {
            Connection connection = source.getConnection();
            away = false;
            return connection;
        } catch (SQLException refused) {
            away = true;
            throw new NotConnectedException(refused);
        }
    }

    /** Whether the last call got no connection. */
    boolean away() {
        return away;
    }

    /** Each statement by itself. */
    <T> T call(long deadlineNanos, Work<T> work) throws SQLException {
        return borrow(deadlineNanos, true, connection -> work.on(session(connection, deadlineNanos)));
    }

    /** All statements or none. */
    <T> T transaction(long deadlineNanos, Work<T> work) throws SQLException {
        return borrow(deadlineNanos, false, connection -> whole(connection, deadlineNanos, work));
    }

    /** One step of a dialect, which is a statement or a transaction. */
    <T> T step(boolean alone, long deadlineNanos, Work<T> work) throws SQLException {
        return alone ? call(deadlineNanos, work) : transaction(deadlineNanos, work);
    }

    /** For what is done once. */
    <T> T borrow(long deadlineNanos, boolean alone, RawWork<T> work) throws SQLException {
        try (Connection connection = connect(deadlineNanos)) {
            SetUp before = new SetUp(
                    connection.getAutoCommit(),
                    hangsForEver ? 0 : connection.getNetworkTimeout(),
                    sharesLimit ? limit(connection) : 0);
            Throwable failure = null;
            try {
                prepare(connection, deadlineNanos, alone);
                return work.on(connection);
            } catch (Throwable failed) {
                failure = failed;
                throw failed;
            } finally {
                restore(connection, before, failure);
            }
        }
    }

    /** All statements or none, on a connection that is not in autocommit mode now; it is afterwards, if they were done. */
    <T> T whole(Connection connection, long deadlineNanos, Work<T> work) throws SQLException {
        T result;
        try {
            result = work.on(session(connection, deadlineNanos));
        } catch (Throwable failed) {
            // An Error too: half a transaction must not be committed by whoever gets the connection next.
            rollback(connection, failed);
            throw failed;
        }
        commit(connection);
        return result;
    }

    /** For statements on a connection of somebody's; where a limit would stay on the connection, they have none of ours. */
    Session session(Connection connection, long deadlineNanos) {
        return new Session(connection, time, deadlineNanos, !sharesLimit);
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

    /** A connection that comes too late goes back untouched: it is as good as none, and nothing was sent. */
    private Connection connect(long deadlineNanos) throws SQLException {
        Connection connection = connect();
        if (time.nanos() - deadlineNanos < 0) {
            return connection;
        }
        connection.close();
        throw new NotConnectedException(new SQLTransientConnectionException(
                "The time of the call was over before it had a connection. Give the data source more of them, or less to do",
                "08001"));
    }

    private void prepare(Connection connection, long deadlineNanos, boolean alone) throws SQLException {
        if (!hangsForEver) {
            endBy(connection, deadlineNanos);
        }
        if (sharesLimit) {
            limit(connection, Session.seconds(time.until(deadlineNanos)));
        }
        if (isolation != WANTED) {
            connection.setAutoCommit(true);
            connection.setTransactionIsolation(WANTED);
        }
        if (connection.getAutoCommit() != alone) {
            connection.setAutoCommit(alone);
        }
    }

    /** A connection that cannot be put back is broken, and its pool will see that. */
    private void restore(Connection connection, SetUp before, @Nullable Throwable failure) {
        try {
            if (isolation != WANTED) {
                connection.setAutoCommit(true);
                connection.setTransactionIsolation(isolation);
            }
            if (connection.getAutoCommit() != before.alone()) {
                connection.setAutoCommit(before.alone());
            }
            if (sharesLimit) {
                limit(connection, before.limit());
            }
            if (!hangsForEver) {
                connection.setNetworkTimeout(Runnable::run, before.network());
            }
        } catch (SQLException broken) {
            if (failure != null) {
                failure.addSuppressed(broken);
            }
        }
    }

    private void endBy(Connection connection, long deadlineNanos) throws SQLException {
        long millis = Math.max(time.until(deadlineNanos).toMillis(), LEAST.toMillis());
        connection.setNetworkTimeout(Runnable::run, (int) Math.min(millis, Integer.MAX_VALUE));
    }

    /** Whether the time limit of one statement is that of all statements on its connection from then on, as in H2. */
    private static boolean keepsLimit(Connection connection) throws SQLException {
        int before = limit(connection);
        limit(connection, before + 1);
        boolean keeps = limit(connection) != before;
        if (keeps) {
            limit(connection, before);
        }
        return keeps;
    }

    private static int limit(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return statement.getQueryTimeout();
        }
    }

    private static void limit(Connection connection, int seconds) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(seconds);
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
