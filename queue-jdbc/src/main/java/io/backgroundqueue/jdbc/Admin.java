package io.backgroundqueue.jdbc;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.TopicStats;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** What operators ask for. Thread-safe. */
final class Admin {
    private static final int STEP = 1_000;

    private final Database database;
    private final String counts;
    private final String waiting;
    private final String one;
    private final String delete;
    private final String free;
    private final String lastLetter;
    private final String deleteLetters;
    private final String check;

    Admin(JdbcParts parts) {
        this.database = parts.database();
        Names names = parts.names();
        this.counts = names.sql("""
                SELECT state, count(*) AS tasks, min(due) AS oldest, {now} AS moment FROM {task} WHERE topic = ? GROUP BY state
                UNION ALL SELECT -1, count(*), NULL, {now} FROM {dead} WHERE topic = ?""");
        this.waiting = names.sql("""
                SELECT task_id, dedup_id FROM {task} WHERE topic = ? AND state <> 1 LIMIT ? FOR UPDATE SKIP LOCKED""");
        this.one = names.sql(
                "SELECT task_id, dedup_id FROM {task} WHERE topic = ? AND task_id = ? AND state <> 1 FOR UPDATE");
        this.delete = names.sql("DELETE FROM {task} WHERE topic = ? AND task_id = ?");
        this.free = names.sql("DELETE FROM {dedup} WHERE topic = ? AND dedup_id = ? AND task_id = ?");
        this.lastLetter = names.sql("SELECT id FROM {dead} WHERE topic = ? ORDER BY topic DESC, id DESC LIMIT 1");
        this.deleteLetters = names.sql("""
                DELETE FROM {dead} WHERE id IN (SELECT id FROM {dead} WHERE topic = ? AND id <= ? ORDER BY topic, id LIMIT ?)""");
        this.check = names.sql("SELECT max(version) FROM {schema}");
    }

    private record Waiting(String taskId, @Nullable String dedupId) {}

    private record Count(int state, long tasks, @Nullable Instant oldest, Instant now) {}

    TopicStats stats(String topic, long deadlineNanos) throws SQLException {
        List<Count> found = database.call(
                deadlineNanos,
                session -> session.step(counts, topic, topic)
                        .list(row -> new Count(
                                row.getInt("state"),
                                row.getLong("tasks"),
                                Moments.optional(row, "oldest").orElse(null),
                                Moments.read(row, "moment"))));
        return new TopicStats(of(found, 0), of(found, 2), of(found, 1), of(found, -1), oldest(found));
    }

    /** Whether it was there, held by nobody, and is gone. */
    boolean cancel(String topic, String taskId, long deadlineNanos) throws SQLException {
        return database.transaction(
                deadlineNanos,
                session ->
                        delete(session, topic, session.step(one, topic, taskId).list(Admin::waiting)) == 1);
    }

    /** Ends although producers go on: at as many as there were when it began. */
    long purgeReady(String topic, long deadlineNanos) throws SQLException {
        TopicStats before = stats(topic, deadlineNanos);
        long most = before.ready().orElse(0) + before.delayed().orElse(0);
        long deleted = 0;
        long step = STEP;
        while (step > 0 && deleted < most) {
            requireTime(deadlineNanos, deleted, topic);
            int some = (int) Math.min(STEP, most - deleted);
            step = database.transaction(
                    deadlineNanos,
                    session -> delete(
                            session, topic, session.step(waiting, topic, some).list(Admin::waiting)));
            deleted += step;
        }
        return deleted;
    }

    long purgeDead(String topic, long deadlineNanos) throws SQLException {
        long last = lastLetter(topic, deadlineNanos);
        long deleted = 0;
        long step = STEP;
        while (step == STEP) {
            requireTime(deadlineNanos, deleted, topic);
            step = database.call(
                    deadlineNanos,
                    session -> session.step(deleteLetters, topic, last, STEP).update());
            deleted += step;
        }
        return deleted;
    }

    /** The number of the youngest letter, 0 if there is none. */
    long lastLetter(String topic, long deadlineNanos) throws SQLException {
        return database.call(
                deadlineNanos,
                session -> session.step(lastLetter, topic)
                        .first(row -> row.getLong(1))
                        .orElse(0L));
    }

    void check(long deadlineNanos) throws SQLException {
        database.call(deadlineNanos, session -> session.step(check).list(row -> row.getInt(1)));
    }

    /** Deletes tasks that are locked, and frees the deduplication ids that are theirs, in the order in which sends take them. */
    private int delete(Session session, String topic, List<Waiting> tasks) throws SQLException {
        Step deleting = session.step(delete);
        Step freeing = session.step(free);
        List<Waiting> ordered = new ArrayList<>(tasks);
        ordered.sort(Comparator.comparing(task -> String.valueOf(task.dedupId())));
        for (Waiting task : ordered) {
            deleting.add(topic).add(task.taskId()).row();
            if (task.dedupId() != null) {
                freeing.add(topic).add(task.dedupId()).add(task.taskId()).row();
            }
        }
        freeing.updates();
        deleting.updates();
        return tasks.size();
    }

    private static Waiting waiting(java.sql.ResultSet row) throws SQLException {
        return new Waiting(row.getString("task_id"), row.getString("dedup_id"));
    }

    private static OptionalLong of(List<Count> found, int state) {
        return OptionalLong.of(found.stream()
                .filter(count -> count.state() == state)
                .mapToLong(Count::tasks)
                .sum());
    }

    private static Optional<Duration> oldest(List<Count> found) {
        return found.stream()
                .filter(count -> count.state() == 0 && count.oldest() != null)
                .map(count -> Duration.between(count.oldest() == null ? count.now() : count.oldest(), count.now()))
                .map(wait -> wait.isNegative() ? Duration.ZERO : wait)
                .findFirst();
    }

    private void requireTime(long deadlineNanos, long deleted, String topic) {
        if (database.time().nanos() - deadlineNanos >= 0) {
            throw new QueueException(
                    QueueException.Kind.OUTCOME_UNKNOWN,
                    "The purge of '" + topic + "' has deleted " + deleted
                            + " and is not done in time. Call it again for" + " the rest");
        }
    }
}
