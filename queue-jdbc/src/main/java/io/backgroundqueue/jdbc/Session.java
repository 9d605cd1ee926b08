package io.backgroundqueue.jdbc;

import io.backgroundqueue.Time;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;

/** A connection for one call, whose statements end before the call's deadline. Not thread-safe. */
final class Session {
    private final Connection connection;
    private final Time time;
    private final long deadlineNanos;
    private final boolean limited;

    /** @param limited whether each statement gets a limit of its own */
    Session(Connection connection, Time time, long deadlineNanos, boolean limited) {
        this.connection = connection;
        this.time = time;
        this.deadlineNanos = deadlineNanos;
        this.limited = limited;
    }

    /** A statement with its first parameters. */
    Step step(String sql, Object... parameters) throws SQLException {
        Step step = new Step(bounded(connection.prepareStatement(sql)));
        for (Object parameter : parameters) {
            step.add(parameter);
        }
        return step;
    }

    /** A statement of which PostgreSQL keeps no plan. */
    Step freshlyPlanned(String sql) throws SQLException {
        PreparedStatement statement = bounded(connection.prepareStatement(sql));
        try {
            FreshPlans.of(statement);
            return new Step(statement);
        } catch (SQLException | RuntimeException failed) {
            statement.close();
            throw failed;
        }
    }

    /** An insert that tells the column which the database filled. */
    Step inserting(String sql, String column) throws SQLException {
        return new Step(bounded(connection.prepareStatement(sql, new String[] {column})));
    }

    Array texts(Collection<String> values) throws SQLException {
        return array("varchar", values.toArray());
    }

    Array array(String type, Object[] values) throws SQLException {
        return connection.createArrayOf(type, values);
    }

    /** As a limit of statements, from 1 second to an hour. */
    static int seconds(Duration left) {
        return (int) Math.max(1, Math.min(3_600, left.toSeconds()));
    }

    /** The database gives up a little before the connection would. */
    private PreparedStatement bounded(PreparedStatement statement) throws SQLException {
        try {
            if (limited) {
                statement.setQueryTimeout(seconds(time.until(deadlineNanos)));
            }
            return statement;
        } catch (SQLException | RuntimeException failed) {
            statement.close();
            throw failed;
        }
    }
}
