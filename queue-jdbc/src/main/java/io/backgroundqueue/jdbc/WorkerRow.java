package io.backgroundqueue.jdbc;

import io.backgroundqueue.Time;
import io.backgroundqueue.spi.ReceiverOptions;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;

/**
 * The row that says that a receiver lives: its lease. Each claim has a number, and a claim whose answer did not come is
 * declared void in the row before anything else is claimed. The loop's thread, but for {@link #renew}.
 */
final class WorkerRow {
    /** A lease is renewed by a claim when it is older than this, and lasts this much longer than it was asked for. */
    private static final Duration SLACK = Duration.ofMillis(500);

    private static final long NONE = 0;

    private final Database database;
    private final Dialect dialect;
    private final Time time;
    private final String name;
    private final Duration slack;
    private final long micros;
    private final String register;
    private final String renew;
    private final String lock;
    private final String voided;
    private final String doubtful;
    private final String leave;

    private volatile long id = NONE;
    private volatile long renewed;
    private long claims;
    private long inDoubt;

    WorkerRow(JdbcParts parts, ReceiverOptions options) {
        this.database = parts.database();
        this.dialect = parts.dialect();
        this.time = database.time();
        this.name = options.workerId();
        Duration twentieth = options.lease().dividedBy(20);
        this.slack = twentieth.compareTo(SLACK) < 0 ? twentieth : SLACK;
        this.micros = Moments.micros(options.lease().plus(slack));
        Names names = parts.names();
        this.register = names.sql("INSERT INTO {worker} (name, expires_at) VALUES (?, {later})");
        this.renew = names.sql("UPDATE {worker} SET expires_at = {later} WHERE id = ?");
        this.lock = names.sql("SELECT id{guard} FROM {worker} WHERE id = ? FOR UPDATE");
        this.voided = names.sql("UPDATE {worker} SET voided = ? WHERE id = ?");
        this.doubtful = names.sql("SELECT lease FROM {task} WHERE state = 1 AND owner = ? AND lease BETWEEN ? AND ?");
        this.leave = names.sql("""
                DELETE FROM {worker} WHERE id = ?
                AND NOT EXISTS (SELECT 1 FROM {task} WHERE state = 1 AND owner = ?)""");
    }

    /**
     * A claim that may be made.
     *
     * @param owner the row
     * @param renewMicros how long the row lives from now on, if the claim is to renew it
     */
    record Turn(long owner, long number, OptionalLong renewMicros) {
        Turn withoutRenewal() {
            return new Turn(owner, number, OptionalLong.empty());
        }
    }

    /** The next claim; it is in doubt until it is {@link #answered}. */
    Turn next(long deadlineNanos) throws SQLException {
        recover(deadlineNanos);
        if (id == NONE) {
            long before = time.nanos();
            long row = database.call(
                    deadlineNanos,
                    session -> session.inserting(register, "id")
                            .add(name)
                            .add(micros)
                            .key());
            renewed = before;
            claims = 0;
            id = row;
        }
        inDoubt = ++claims;
        boolean old = time.nanos() - renewed >= slack.toNanos();
        return new Turn(id, claims, old ? OptionalLong.of(micros) : OptionalLong.empty());
    }

    /** It is known what became of a claim. */
    void answered(Turn turn, long before) {
        inDoubt = 0;
        if (turn.renewMicros().isPresent()) {
            renewed = before;
        }
    }

    /** Any thread; answers the row if it is gone. */
    OptionalLong renew(long deadlineNanos) throws SQLException {
        long row = id;
        if (row == NONE) {
            return OptionalLong.empty();
        }
        long before = time.nanos();
        boolean there = database.call(
                        deadlineNanos,
                        session -> session.step(renew, micros, row).update())
                == 1;
        if (there) {
            renewed = before;
        }
        return there ? OptionalLong.empty() : OptionalLong.of(row);
    }

    /** The row is gone; which it was. */
    long forget() {
        long gone = id;
        id = NONE;
        inDoubt = 0;
        return gone;
    }

    /** Gives the row up, unless something is still held under it: then it waits for its end. */
    void leave(long deadlineNanos) throws SQLException {
        recover(deadlineNanos);
        if (id != NONE) {
            database.call(deadlineNanos, session -> session.step(leave, id, id).update());
        }
    }

    /** Gives back what a claim may have handed out whose answer did not come, and forbids it if it is still to come. */
    void recover(long deadlineNanos) throws SQLException {
        if (inDoubt == 0) {
            return;
        }
        long row = id;
        long claim = inDoubt;
        long base = JdbcLease.base(claim);
        database.transaction(deadlineNanos, session -> {
            session.step(lock, row).list(any -> any.getLong(1));
            session.step(voided, claim, row).update();
            List<Long> leases = session.step(doubtful, row, base, base + JdbcLease.PER_CLAIM - 1)
                    .list(task -> task.getLong("lease"));
            return dialect.release(session, row, leases, false);
        });
        inDoubt = 0;
    }
}
