package io.backgroundqueue.jdbc;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.QueueUrl;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Sender;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Stores tasks in a transaction of the caller's, which alone decides whether they come to be. Neither commits nor rolls
 * back, and changes nothing about the connection. As little thread-safe as the connection.
 */
final class TransactionSender implements Sender {
    private static final String FAILED_BEFORE = "25P02";

    private final Connection connection;
    private final JdbcParts parts;
    private final Sends sends;
    private final Instant installed;
    private final String identity;
    private boolean known;

    /** @param installed when the tables of the queue were made */
    TransactionSender(Connection connection, JdbcParts parts, Sends sends, Instant installed) {
        this.connection = connection;
        this.parts = parts;
        this.sends = sends;
        this.installed = installed;
        this.identity = parts.names().sql(Schema.INSTALLED);
    }

    @Override
    public List<SendResult> send(List<Envelope> batch, Duration timeout) {
        try {
            requireTransaction();
            Database database = parts.database();
            Session session = database.session(connection, database.time().deadline(timeout));
            requireSameDatabase(session);
            List<SendResult> results = sends.store(session, resolved(session, batch));
            parts.wakeUps()
                    .announce(
                            session,
                            batch.stream()
                                    .filter(Sends::startsNow)
                                    .map(Envelope::topic)
                                    .toList());
            return results;
        } catch (SQLException failed) {
            throw explained(failed);
        }
    }

    private void requireTransaction() throws SQLException {
        if (connection.isClosed()) {
            throw QueueException.invalid(
                    "The connection is closed, so there is no transaction to join. Give one that is open");
        }
        if (connection.getAutoCommit()) {
            throw QueueException.invalid(
                    "The connection is in autocommit mode, so there is no transaction to join. Call"
                            + " setAutoCommit(false) first, or enqueue without it");
        }
    }

    /** No worker of this queue would ever see what is stored elsewhere. */
    private void requireSameDatabase(Session session) throws SQLException {
        if (known) {
            return;
        }
        Optional<Instant> there;
        try {
            there = session.step(identity).first(row -> Moments.read(row, "moment"));
        } catch (SQLException failed) {
            if (JdbcErrors.classify(failed) != ErrorClass.MISCONFIGURED) {
                throw failed;
            }
            there = Optional.empty();
        }
        if (!there.equals(Optional.of(installed))) {
            throw QueueException.invalid(
                    "The connection is to another database, or another schema, than that of the queue: its tables are not"
                            + " there. Nothing was stored. Roll back, and give a connection to the same one");
        }
        known = true;
    }

    /** Nothing is in doubt: what the transaction does not commit was not stored. */
    private static QueueException explained(SQLException failed) {
        Kind kind = switch (JdbcErrors.classify(failed)) {
            case REFUSED -> Kind.INVALID;
            case MISCONFIGURED -> Kind.MISCONFIGURED;
            default -> Kind.UNAVAILABLE;
        };
        String why = JdbcErrors.state(failed).equals(FAILED_BEFORE)
                ? "A statement of this transaction has failed before"
                : QueueUrl.redact(String.valueOf(failed.getMessage()));
        return new QueueException(
                kind,
                "The task was not stored: " + why
                        + ". The transaction cannot go on: roll it back, and do all of it again",
                null,
                failed);
    }

    /** A clock that stands still in a transaction would make a delay end early. */
    private List<Envelope> resolved(Session session, List<Envelope> batch) throws SQLException {
        if (batch.stream().noneMatch(task -> task.start() instanceof Start.After)) {
            return batch;
        }
        Optional<Instant> now = parts.dialect().clock(session);
        return now.isEmpty()
                ? batch
                : batch.stream().map(task -> resolved(task, now.get())).toList();
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
