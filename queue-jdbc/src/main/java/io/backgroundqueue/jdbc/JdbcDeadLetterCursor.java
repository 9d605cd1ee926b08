package io.backgroundqueue.jdbc;

import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.spi.DeadLetterCursor;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/**
 * A walk that keeps only its place: the number of the last letter it has shown. It ends at the last letter there was when
 * it began: one that replays tasks which die again would otherwise never end.
 */
final class JdbcDeadLetterCursor implements DeadLetterCursor {
    private static final long MOST_BYTES = 8 << 20;

    private final String topic;
    private final Database database;
    private final Duration callTimeout;
    private final long last;
    private final String sizes;
    private final String page;
    private final String lock;
    private final String store;
    private final String delete;
    private long seen;

    /** @param last the number of the last letter to show */
    JdbcDeadLetterCursor(String topic, JdbcParts parts, Duration callTimeout, long last) {
        this.topic = topic;
        this.database = parts.database();
        this.callTimeout = callTimeout;
        this.last = last;
        Names names = parts.names();
        this.sizes = names.sql("""
                SELECT id, OCTET_LENGTH(payload) AS size FROM {dead} WHERE topic = ? AND id > ? AND id <= ?
                ORDER BY topic, id LIMIT ?""");
        this.page = names.sql("""
                SELECT id, reason, died_at, {envelope}, {progress} FROM {dead} WHERE topic = ? AND id > ? AND id <= ?
                ORDER BY topic, id""");
        // Whoever replays or purges the same letters at the same time waits, and finds them gone.
        this.lock = names.sql("""
                SELECT id FROM {dead} WHERE topic = ? AND id <= ?
                AND task_id IN (SELECT u.task_id FROM UNNEST(CAST(? AS varchar ARRAY)) AS u(task_id))
                ORDER BY topic, id FOR UPDATE""");
        // What is stored already under that id is the same task.
        this.store = names.sql("""
                INSERT INTO {task} ({envelope}, state, place, due, replayed)
                SELECT {envelope}, 0, {next}, {now}, true FROM {dead} d
                WHERE d.id = (SELECT max(l.id) FROM {dead} l WHERE l.topic = ? AND l.task_id = ? AND l.id <= ?)
                AND NOT EXISTS (SELECT 1 FROM {task} t WHERE t.topic = d.topic AND t.task_id = d.task_id)""");
        this.delete = names.sql("DELETE FROM {dead} WHERE topic = ? AND task_id = ? AND id <= ?");
    }

    private record Size(long id, long bytes) {}

    @Override
    public List<DeadLetter> next(int max) throws SQLException {
        return database.call(deadline(), session -> {
            List<Size> found = session.step(sizes, topic, seen, last, max)
                    .list(row -> new Size(row.getLong("id"), row.getLong("size")));
            if (found.isEmpty()) {
                return List.of();
            }
            long end = fitting(found);
            List<DeadLetter> letters = session.step(page, topic, seen, end).list(row -> TaskRow.letter(row, topic));
            seen = end;
            return letters;
        });
    }

    @Override
    public int replay(List<DeadLetter> letters) throws SQLException {
        return each(letters, true);
    }

    @Override
    public int purge(List<DeadLetter> letters) throws SQLException {
        return each(letters, false);
    }

    @Override
    public void close() {}

    private int each(List<DeadLetter> letters, boolean stored) throws SQLException {
        if (letters.isEmpty()) {
            return 0;
        }
        return database.transaction(deadline(), session -> {
            session.step(
                            lock,
                            topic,
                            last,
                            session.texts(letters.stream().map(DeadLetter::id).toList()))
                    .list(row -> row.getLong(1));
            if (stored) {
                ofEach(session.step(store), letters);
            }
            return ofEach(session.step(delete), letters);
        });
    }

    /** How many letters it changed. */
    private int ofEach(Step step, List<DeadLetter> letters) throws SQLException {
        for (DeadLetter letter : letters) {
            step.add(topic).add(letter.id()).add(last).row();
        }
        int changed = 0;
        for (int count : step.updates()) {
            changed += count;
        }
        return changed;
    }

    private static long fitting(List<Size> found) {
        long sum = 0;
        long end = found.get(0).id();
        for (Size size : found) {
            sum += size.bytes();
            if (sum > MOST_BYTES && size.id() != found.get(0).id()) {
                return end;
            }
            end = size.id();
        }
        return end;
    }

    private long deadline() {
        return database.time().deadline(callTimeout);
    }
}
