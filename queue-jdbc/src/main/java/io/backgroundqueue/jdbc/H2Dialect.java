package io.backgroundqueue.jdbc;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.spi.Deduplication;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.Settlement;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * H2: every step is a short transaction of plain statements, batched where they repeat. Embedded, a statement costs no
 * round trip; through another process ({@code AUTO_SERVER}) each costs one. A pattern for other databases.
 */
final class H2Dialect implements Dialect {
    private static final String STORED_ALREADY = "23505";
    private static final Pattern IN_MEMORY_ELSEWHERE = Pattern.compile("jdbc:h2:(tcp|ssl)://[^/]*/mem:");

    private final H2Claim claim;
    private final String insert;
    private final String reviveId;
    private final String takeId;
    private final String acknowledge;
    private final String postpone;
    private final String copyToDead;
    private final String release;
    private final String due;
    private final String promote;

    H2Dialect(Names names) {
        this.claim = new H2Claim(names);
        this.insert = names.sql("""
                INSERT INTO {task} (state, due, topic, task_id, priority, enqueued_at, attempts, dedup_id, dedup_window,
                  ordering_key, expires_after, headers, payload, place)
                VALUES (CASE WHEN GREATEST({later}, CAST(? AS timestamp(6) with time zone)) > {now} THEN 2 ELSE 0 END,
                  GREATEST({later}, CAST(? AS timestamp(6) with time zone)), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, {next})""");
        this.reviveId = names.sql("""
                UPDATE {dedup} SET expires_at = {later}, task_id = ?
                WHERE topic = ? AND dedup_id = ? AND expires_at <= {now}""");
        this.takeId = names.sql("""
                INSERT INTO {dedup} (expires_at, task_id, topic, dedup_id)
                SELECT {later}, ?, n.topic, n.dedup_id
                FROM (SELECT CAST(? AS varchar) AS topic, CAST(? AS varchar) AS dedup_id) n
                WHERE NOT EXISTS (SELECT 1 FROM {dedup} d WHERE d.topic = n.topic AND d.dedup_id = n.dedup_id)""");
        this.acknowledge = names.sql("DELETE FROM {task} WHERE state = 1 AND owner = ? AND lease = ?");
        this.postpone = names.sql("""
                UPDATE {task} SET due = GREATEST({later}, CAST(? AS timestamp(6) with time zone)),
                  state = CASE WHEN GREATEST({later}, CAST(? AS timestamp(6) with time zone)) > {now} THEN 2 ELSE 0 END,
                  place = {next}, owner = NULL, lease = NULL, starts = 0,
                  verdicts = ?, failures = ?, interruptions = ?, replayed = ?, last_error = ?
                WHERE state = 1 AND owner = ? AND lease = ?""");
        this.copyToDead = names.sql("""
                INSERT INTO {dead} ({envelope}, verdicts, failures, interruptions, replayed, last_error, reason, died_at)
                SELECT {envelope}, ?, ?, ?, ?, ?, ?, {now} FROM {task} WHERE state = 1 AND owner = ? AND lease = ?""");
        this.release = names.sql("""
                UPDATE {task} SET state = 0, owner = NULL, lease = NULL, starts = starts - ?
                WHERE state = 1 AND owner = ? AND lease = ?""");
        this.due = names.sql("""
                SELECT topic, task_id FROM {task} WHERE state = 2 AND due <= {now}
                ORDER BY state, due LIMIT ?""");
        this.promote =
                names.sql("UPDATE {task} SET state = 0, place = {next} WHERE topic = ? AND task_id = ? AND state = 2");
    }

    @Override
    public String name() {
        return "h2";
    }

    @Override
    public boolean oneStatement() {
        return false;
    }

    @Override
    public boolean knows(int major, int minor) {
        return major > 2 || (major == 2 && minor >= 2);
    }

    /** When the statement began that asks. */
    @Override
    public Optional<Instant> clock(Session session) throws SQLException {
        return session.step("SELECT executing_statement_start AS moment FROM information_schema.sessions"
                        + " WHERE session_id = SESSION_ID()")
                .first(row -> Moments.read(row, "moment"));
    }

    @Override
    public int mostBytes() {
        return 1 << 20;
    }

    /** Every look, like every transaction, stands in the line of those who write. */
    @Override
    public Duration fastestLook() {
        return Duration.ofMillis(50);
    }

    /** Plain rows: whatever reads parameters in a query of its own is parsed anew for every row. */
    @Override
    public void insert(Session session, List<Envelope> tasks) throws SQLException {
        Step step = session.step(insert);
        for (Envelope task : tasks) {
            start(start(step, task.start()), task.start());
            step.add(task.topic())
                    .add(task.taskId())
                    .add(task.priority())
                    .add(task.enqueuedAt().toString())
                    .add(task.attempts().isPresent() ? (Object) task.attempts().getAsInt() : null)
                    .add(task.deduplication().map(Deduplication::id).orElse(null))
                    .add(TaskRow.window(task))
                    .add(task.orderingKey().orElse(null))
                    .add(TaskRow.expiry(task))
                    .add(TaskRow.headers(task))
                    .add(task.payload().toArray())
                    .row();
        }
        try {
            step.updates();
        } catch (BatchUpdateException failed) {
            requireStored(failed);
        }
    }

    /** A row that is there already is what a send that is repeated wants; the others of the batch were tried. */
    private static void requireStored(BatchUpdateException failed) throws BatchUpdateException {
        boolean stored = JdbcErrors.state(failed).equals(STORED_ALREADY);
        for (SQLException one = failed.getNextException(); one != null; one = one.getNextException()) {
            stored &= JdbcErrors.state(one).equals(STORED_ALREADY);
        }
        if (!stored) {
            throw failed;
        }
    }

    @Override
    public List<Boolean> takeIds(Session session, List<Envelope> tasks) throws SQLException {
        List<Boolean> taken = new ArrayList<>();
        for (Envelope task : tasks) {
            taken.add(takes(session, task));
        }
        return taken;
    }

    /** An id that has ended is taken over; else there must be none, also not of somebody who is faster. */
    private boolean takes(Session session, Envelope task) throws SQLException {
        try {
            return changes(session, reviveId, task) || changes(session, takeId, task);
        } catch (SQLException failed) {
            if (!JdbcErrors.state(failed).equals(STORED_ALREADY)) {
                throw failed;
            }
            return false;
        }
    }

    private static boolean changes(Session session, String sql, Envelope task) throws SQLException {
        Deduplication asked = task.deduplication().orElseThrow();
        return session.step(sql, Moments.micros(asked.window()), task.taskId(), task.topic(), asked.id())
                        .update()
                == 1;
    }

    @Override
    public Claim.Answer claim(Session session, Claim asked, Instant now) throws SQLException {
        return claim.run(session, asked, now);
    }

    @Override
    public Set<Long> acknowledge(Session session, long owner, List<Long> leases) throws SQLException {
        Step step = session.step(acknowledge);
        for (long lease : leases) {
            step.add(owner).add(lease).row();
        }
        return changed(leases, step.updates());
    }

    @Override
    public Set<Long> postpone(Session session, long owner, List<Settlement.Later> tasks) throws SQLException {
        Step step = session.step(postpone);
        for (Settlement.Later task : tasks) {
            start(start(step, task.start()), task.start());
            progress(step, task.progress());
            step.add(owner).add(number(task.delivery())).row();
        }
        return changed(tasks.stream().map(task -> number(task.delivery())).toList(), step.updates());
    }

    @Override
    public Set<Long> bury(Session session, long owner, List<Settlement.Dead> tasks) throws SQLException {
        Step step = session.step(copyToDead);
        for (Settlement.Dead task : tasks) {
            progress(step, task.progress());
            step.add(task.reason().name())
                    .add(owner)
                    .add(number(task.delivery()))
                    .row();
        }
        step.updates();
        return acknowledge(
                session,
                owner,
                tasks.stream().map(task -> number(task.delivery())).toList());
    }

    @Override
    public Set<Long> release(Session session, long owner, List<Long> leases, boolean charged) throws SQLException {
        Step step = session.step(release);
        for (long lease : leases) {
            step.add(charged ? 0 : 1).add(owner).add(lease).row();
        }
        return changed(leases, step.updates());
    }

    @Override
    public List<String> promote(Session session, int most) throws SQLException {
        List<List<String>> found =
                session.step(due, most).list(row -> List.of(row.getString("topic"), row.getString("task_id")));
        Step step = session.step(promote);
        for (List<String> task : found) {
            step.add(task.get(0)).add(task.get(1)).row();
        }
        int[] counts = step.updates();
        // Another process may have been faster with some.
        List<String> topics = new ArrayList<>();
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] == 1) {
                topics.add(found.get(i).get(0));
            }
        }
        return topics;
    }

    @Override
    public <T> T impatiently(Session session, int millis, Database.Work<T> work) throws SQLException {
        int before = session.step("SELECT LOCK_TIMEOUT()")
                .first(row -> row.getInt(1))
                .orElseThrow();
        session.step("SET LOCK_TIMEOUT " + millis).update();
        try {
            return work.on(session);
        } finally {
            session.step("SET LOCK_TIMEOUT " + before).update();
        }
    }

    @Override
    public boolean createsInTransactions() {
        return false;
    }

    @Override
    public boolean requireDurable(Connection connection) throws SQLException {
        String url = String.valueOf(connection.getMetaData().getURL());
        if (url.startsWith("jdbc:h2:mem:") || IN_MEMORY_ELSEWHERE.matcher(url).lookingAt()) {
            return false;
        }
        try (PreparedStatement statement = connection.prepareStatement(
                        "SELECT setting_value FROM information_schema.settings WHERE setting_name = 'WRITE_DELAY'");
                ResultSet setting = statement.executeQuery()) {
            String delay = setting.next() ? String.valueOf(setting.getString(1)) : "0";
            if (!delay.equals("0")) {
                throw new QueueException(
                        QueueException.Kind.MISCONFIGURED,
                        "This H2 database answers a commit up to " + delay + " ms before it is in the file, and"
                                + " accepted tasks could be lost. Run SET WRITE_DELAY 0, or add ;WRITE_DELAY=0 to its URL");
            }
        }
        return true;
    }

    /** Two parameters: a delay, 0 if there is none, and a moment, now if there is none. */
    private static Step start(Step step, io.backgroundqueue.Start start) throws SQLException {
        Long delay = Moments.delay(start);
        Instant moment = Moments.moment(start);
        return step.add(delay == null ? (Long) 0L : delay).add(moment == null ? Instant.EPOCH : moment);
    }

    private static void progress(Step step, Progress progress) throws SQLException {
        step.add(progress.verdicts())
                .add(progress.failures())
                .add(progress.interruptions())
                .add(progress.replayed())
                .add(TaskRow.error(progress));
    }

    private static long number(Delivery delivery) {
        return Settler.lease(delivery).number();
    }

    private static Set<Long> changed(List<Long> leases, int[] counts) {
        Set<Long> changed = new HashSet<>();
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] != 0) {
                changed.add(leases.get(i));
            }
        }
        return changed;
    }
}
