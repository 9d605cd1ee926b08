package io.backgroundqueue.jdbc;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.Start;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Sender;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Stores tasks in a transaction of the caller's, which alone decides whether they come to be. Neither commits nor rolls
 * back, and changes nothing about the connection. As little thread-safe as the connection.
 */
final class TransactionSender implements Sender {
    private final Connection connection;
    private final Database database;
    private final Dialect dialect;
    private final WakeUps wakeUps;
    private final Sends sends;
    private final String clock;

    TransactionSender(Connection connection, JdbcParts parts, Sends sends) {
        this.connection = connection;
        this.database = parts.database();
        this.dialect = parts.dialect();
        this.wakeUps = parts.wakeUps();
        this.sends = sends;
        this.clock = parts.names().sql("SELECT {now} AS moment");
    }

    @Override
    public List<SendResult> send(List<Envelope> batch, Duration timeout) throws SQLException {
        if (connection.getAutoCommit()) {
            throw QueueException.invalid(
                    "The connection is in autocommit mode, so there is no transaction to join. Call"
                            + " setAutoCommit(false) first, or enqueue without it");
        }
        Time time = database.time();
        long deadline = time.deadline(timeout);
        try {
            Session session = new Session(connection, time, deadline);
            List<SendResult> results = sends.store(session, resolved(batch, deadline));
            wakeUps.announce(
                    session,
                    batch.stream().filter(Sends::startsNow).map(Envelope::topic).toList());
            return results;
        } catch (SQLException failed) {
            throw new SQLException(
                    failed.getMessage() + ". The transaction cannot go on: roll it back",
                    JdbcErrors.state(failed),
                    failed.getErrorCode(),
                    failed);
        }
    }

    /** A clock that stands still in a transaction would make a delay end early: another transaction tells the time. */
    private List<Envelope> resolved(List<Envelope> batch, long deadlineNanos) throws SQLException {
        if (dialect.clockRuns() || batch.stream().noneMatch(task -> task.start() instanceof Start.After)) {
            return batch;
        }
        Instant now = database.call(
                deadlineNanos,
                session -> session.step(clock)
                        .first(row -> Moments.read(row, "moment"))
                        .orElseThrow());
        return batch.stream().map(task -> resolved(task, now)).toList();
    }

    private static Envelope resolved(Envelope task, Instant now) {
        return new Envelope(
                task.taskId(),
                task.topic(),
                task.start() instanceof Start.After ? new Start.At(task.start().resolve(now)) : task.start(),
                task.priority(),
                task.headers(),
                task.payload(),
                task.deduplication(),
                task.orderingKey(),
                task.attempts(),
                task.expiresAfter(),
                task.enqueuedAt());
    }
}
