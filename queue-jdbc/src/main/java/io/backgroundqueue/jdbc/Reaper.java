package io.backgroundqueue.jdbc;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes back what dead workers held, and deletes what has had its time. Of all processes only one does so at a time: the
 * one that holds a lock, which ends with the transaction, so that nobody who hangs keeps it.
 */
final class Reaper {
    private static final Logger LOG = LoggerFactory.getLogger(Reaper.class);
    private static final int WORKERS = 100;
    private static final int STEP = 1_000;

    private final Database database;
    private final Optional<Duration> retention;
    private final String elect;
    private final String dead;
    private final String topics;
    private final String giveBack;
    private final String bury;
    private final String orphans;
    private final Expired ids;
    private final Expired values;
    private final String letters;

    Reaper(Database database, Names names, Optional<Duration> retention) {
        this.database = database;
        this.retention = retention;
        this.elect = names.sql("SELECT name{guard} FROM {lock} WHERE name = 'reaper' FOR UPDATE SKIP LOCKED");
        // A worker whose claim is under way is locked by it, and not dead.
        this.dead = names.sql("SELECT id FROM {worker} WHERE expires_at <= {now} LIMIT ? FOR UPDATE SKIP LOCKED");
        this.topics = names.sql("SELECT DISTINCT topic FROM {task} WHERE state = 1 AND owner = ?");
        this.giveBack =
                names.sql("UPDATE {task} SET state = 0, owner = NULL, lease = NULL WHERE state = 1 AND owner = ?");
        this.bury = names.sql("DELETE FROM {worker} WHERE id = ?");
        this.orphans = names.sql("""
                UPDATE {task} SET state = 0, owner = NULL, lease = NULL
                WHERE state = 1 AND NOT EXISTS (SELECT 1 FROM {worker} w WHERE w.id = owner)""");
        this.ids = new Expired(names, "dedup", "topic", "dedup_id");
        this.values = new Expired(names, "kv", "name");
        this.letters =
                names.sql("DELETE FROM {dead} WHERE id IN (SELECT id FROM {dead} WHERE died_at <= {later} LIMIT ?)");
    }

    /** Makes the tasks of workers ready that have not renewed their leases; answers their topics. */
    List<String> reap(long deadlineNanos) throws SQLException {
        return database.transaction(deadlineNanos, session -> {
            List<String> found = new ArrayList<>();
            if (elected(session)) {
                for (long worker : session.step(dead, WORKERS).list(row -> row.getLong(1))) {
                    found.addAll(session.step(topics, worker).list(row -> row.getString(1)));
                    session.step(giveBack, worker).update();
                    session.step(bury, worker).update();
                }
            }
            return found;
        });
    }

    /** Makes ready what is held by nobody: somebody's hand, or a backup that was restored in part. */
    void adopt(long deadlineNanos) throws SQLException {
        int found = database.transaction(
                deadlineNanos,
                session -> elected(session) ? session.step(orphans).update() : 0);
        if (found > 0) {
            LOG.warn("{} tasks were held by no worker and are ready again: did somebody edit the tables?", found);
        }
    }

    /** Deletes what has had its time; whether there may be more. */
    boolean clean(long deadlineNanos) throws SQLException {
        return database.transaction(deadlineNanos, session -> {
            if (!elected(session)) {
                return false;
            }
            boolean more = ids.delete(session, STEP);
            more |= values.delete(session, STEP);
            more |= expire(session);
            return more;
        });
    }

    /** Deletes letters that were kept long enough, if they are not kept for ever. */
    private boolean expire(Session session) throws SQLException {
        return retention.isPresent()
                && session.step(letters, -Moments.micros(retention.get()), STEP).update() == STEP;
    }

    /** Deletes all such letters of all topics, before somebody looks at them. */
    void expireAll(long deadlineNanos) throws SQLException {
        boolean more = retention.isPresent();
        while (more && database.time().nanos() - deadlineNanos < 0) {
            more = database.transaction(deadlineNanos, this::expire);
        }
    }

    private boolean elected(Session session) throws SQLException {
        return session.step(elect).first(row -> row.getString(1)).isPresent();
    }
}
