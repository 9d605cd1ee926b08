package io.backgroundqueue.jdbc;

import io.backgroundqueue.Capabilities;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.Scope;
import io.backgroundqueue.Time;
import io.backgroundqueue.TopicStats;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Duty;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Sender;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Tasks in the tables of a database. What is stored where, and why, is decision 0007. */
final class JdbcDriver implements QueueDriver {
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(9);

    private final JdbcParts parts;
    private final Database database;
    private final Time time;
    private final Capabilities capabilities;
    private final Sends sends;
    private final Reaper reaper;
    private final Admin admin;
    private final Instant installed;
    private final Optional<Dialect.Listener> listener;
    private final List<Duty> duties = new ArrayList<>();
    private final Set<JdbcReceiver> receivers = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /** @param settings only for what is done on its own account: listening, and forgetting letters */
    JdbcDriver(Opening.Opened opened, JdbcSettings settings) {
        this.database = opened.database();
        this.time = database.time();
        this.capabilities = opened.capabilities();
        WakeUps wakeUps = new WakeUps(database, opened.dialect(), settings.listen);
        this.parts = new JdbcParts(database, opened.dialect(), opened.names(), wakeUps);
        this.sends = new Sends(database, opened.dialect(), opened.names());
        this.reaper = new Reaper(database, opened.names(), settings.deadLetterRetention);
        this.admin = new Admin(parts);
        this.installed = opened.installed();
        duties.add(new LookDuty(parts, reaper, () -> receivers));
        opened.dialect().watch(database).ifPresent(duties::add);
        this.listener = settings.listen
                ? opened.dialect().listener(database, wakeUps, () -> !receivers.isEmpty())
                : Optional.empty();
        listener.ifPresent(duties::add);
    }

    @Override
    public Capabilities capabilities() {
        return capabilities;
    }

    @Override
    public List<SendResult> send(List<Envelope> batch, Duration timeout) throws SQLException {
        requireOpen();
        long deadline = time.deadline(timeout);
        List<SendResult> results = sends.send(batch, deadline);
        List<String> ready = new ArrayList<>();
        for (int i = 0; i < batch.size(); i++) {
            if (results.get(i) instanceof SendResult.Accepted) {
                parts.wakeUps().expect(batch.get(i).start());
                if (Sends.startsNow(batch.get(i))) {
                    ready.add(batch.get(i).topic());
                }
            }
        }
        parts.wakeUps().tell(ready, deadline);
        return results;
    }

    /** What enqueues in the transaction that is under way on a connection of the caller's, to the same database. */
    Sender sender(Connection connection) {
        requireOpen();
        return new TransactionSender(connection, parts, sends, installed);
    }

    @Override
    public Receiver receiver(String topic, ReceiverOptions options) {
        requireOpen();
        JdbcReceiver receiver = new JdbcReceiver(topic, parts, options, this::ended);
        receivers.add(receiver);
        return receiver;
    }

    private void ended(JdbcReceiver receiver) {
        receivers.remove(receiver);
        listener.ifPresent(Dialect.Listener::rest);
    }

    @Override
    public DeadLetterCursor deadLetters(String topic) throws SQLException {
        requireOpen();
        long deadline = deadline();
        reaper.expireAll(time.deadline(CALL_TIMEOUT.dividedBy(2)));
        return new JdbcDeadLetterCursor(topic, parts, CALL_TIMEOUT, admin.lastLetter(topic, deadline));
    }

    @Override
    public TopicStats stats(String topic) throws SQLException {
        requireOpen();
        return admin.stats(topic, deadline());
    }

    @Override
    public boolean cancel(String topic, String taskId) throws SQLException {
        requireOpen();
        return admin.cancel(topic, taskId, deadline());
    }

    @Override
    public long purge(String topic, Scope scope) throws SQLException {
        requireOpen();
        return scope == Scope.READY ? admin.purgeReady(topic, deadline()) : admin.purgeDead(topic, deadline());
    }

    @Override
    public void check() throws SQLException {
        requireOpen();
        admin.check(deadline());
    }

    @Override
    public List<Duty> duties() {
        return List.copyOf(duties);
    }

    @Override
    public ErrorClass classify(Exception error) {
        return closed ? ErrorClass.CLOSED : JdbcErrors.classify(error);
    }

    @Override
    public void close() {
        closed = true;
        receivers.forEach(JdbcReceiver::close);
        database.close();
    }

    private long deadline() {
        return time.deadline(CALL_TIMEOUT);
    }

    private void requireOpen() {
        if (closed) {
            throw new QueueException(
                    QueueException.Kind.CLOSED, "This JDBC driver is closed. Open another one to go on");
        }
    }
}
