package io.backgroundqueue.jdbc;

import io.backgroundqueue.Time;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears on one connection of its own what other processes tell. Nothing depends on it: what it does not hear is found by
 * looking.
 */
final class PostgresListener implements Dialect.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresListener.class);
    private static final int WAIT_MILLIS = 500;
    private static final int CALL_MILLIS = 5_000;
    /** A connection that died in silence is found out after so long. */
    private static final Duration BETWEEN_PROBES = Duration.ofSeconds(20);

    private static final Duration FOR_GOOD = Duration.ofHours(1);

    private final Database database;
    private final Time time;
    private final WakeUps wakeUps;
    private final String channel;
    private final BooleanSupplier wanted;
    private final ReentrantLock turning = new ReentrantLock();
    private @Nullable Connection connection;
    private @Nullable PGConnection heard;
    private long nextProbe;
    private int networkMillis;
    private boolean alone;

    /** @param wanted whether anybody here waits for tasks */
    PostgresListener(Database database, WakeUps wakeUps, String channel, BooleanSupplier wanted) {
        this.wanted = wanted;
        this.database = database;
        this.time = database.time();
        this.wakeUps = wakeUps;
        this.channel = channel;
    }

    @Override
    public String name() {
        return "listen";
    }

    @Override
    public Duration turn() throws SQLException {
        turning.lock();
        try {
            return wanted.getAsBoolean() ? listen() : Duration.ofMillis(WAIT_MILLIS);
        } finally {
            turning.unlock();
            rest();
        }
    }

    /** What the server would go on to send, nobody would read. */
    @Override
    public void rest() {
        if (!wanted.getAsBoolean() && turning.tryLock()) {
            try {
                giveBack();
            } finally {
                turning.unlock();
            }
        }
    }

    @Override
    public void close() {
        turning.lock();
        try {
            giveBack();
        } finally {
            turning.unlock();
        }
    }

    private Duration listen() throws SQLException {
        try {
            PGConnection open = heard == null ? connect() : heard;
            if (open == null) {
                return FOR_GOOD;
            }
            PGNotification[] news = open.getNotifications(WAIT_MILLIS);
            if (news != null) {
                for (PGNotification one : news) {
                    wakeUps.toldBy(one.getParameter());
                }
            }
            probe();
            return Duration.ZERO;
        } catch (SQLException lost) {
            giveBack();
            wakeUps.tellAll();
            throw lost;
        }
    }

    private void giveBack() {
        boolean listened = heard != null;
        heard = null;
        try (Connection last = connection) {
            connection = null;
            if (last != null && listened) {
                unlisten(last);
                last.setNetworkTimeout(Runnable::run, networkMillis);
                if (last.getAutoCommit() != alone) {
                    last.setAutoCommit(alone);
                }
            }
        } catch (SQLException broken) {
            LOG.debug("The connection that listened was broken", broken);
        }
    }

    /** Null where the pool does not let its connections be seen. */
    private @Nullable PGConnection connect() throws SQLException {
        Connection fresh = database.connect();
        connection = fresh;
        networkMillis = fresh.getNetworkTimeout();
        alone = fresh.getAutoCommit();
        if (!fresh.isWrapperFor(PGConnection.class)) {
            LOG.info("The data source hides its connections: work of other processes is found by looking");
            giveBack();
            return null;
        }
        heard = fresh.unwrap(PGConnection.class);
        if (!alone) {
            fresh.setAutoCommit(true);
        }
        fresh.setNetworkTimeout(Runnable::run, CALL_MILLIS);
        try (Statement statement = fresh.createStatement()) {
            statement.execute("LISTEN " + Names.quoted(channel));
        }
        nextProbe = time.deadline(BETWEEN_PROBES);
        // What was told before is not heard.
        wakeUps.tellAll();
        return heard;
    }

    private void probe() throws SQLException {
        Connection open = connection;
        if (open != null && time.nanos() - nextProbe >= 0) {
            nextProbe = time.deadline(BETWEEN_PROBES);
            if (!open.isValid(CALL_MILLIS / 1_000)) {
                throw new SQLException("The connection that listens for new tasks was lost", "08006");
            }
        }
    }

    private static void unlisten(Connection last) throws SQLException {
        try (Statement statement = last.createStatement()) {
            statement.execute("UNLISTEN *");
        }
    }
}
