package io.backgroundqueue.jdbc;

import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Deduplication;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.SendResult;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Stores tasks, all of a batch in one step. Thread-safe. */
final class Sends {
    /** How long a batch waits for somebody else's open transaction before its tasks are stored in parts. */
    private static final int PATIENCE_MILLIS = 100;

    private final Database database;
    private final Dialect dialect;
    private final String holders;

    Sends(Database database, Dialect dialect, Names names) {
        this.database = database;
        this.dialect = dialect;
        this.holders = names.sql("""
                SELECT d.topic, d.dedup_id, d.task_id FROM {dedup} d
                JOIN UNNEST(CAST(? AS varchar ARRAY), CAST(? AS varchar ARRAY)) AS u(topic, dedup_id)
                ON d.topic = u.topic AND d.dedup_id = u.dedup_id""");
    }

    private record Key(String topic, String id) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            int byTopic = topic.compareTo(other.topic);
            return byTopic != 0 ? byTopic : id.compareTo(other.id);
        }
    }

    /** As a step of its own. */
    List<SendResult> send(List<Envelope> batch, long deadlineNanos) throws SQLException {
        try {
            return stored(batch, deadlineNanos);
        } catch (SQLException failed) {
            if (!JdbcErrors.blamesOne(failed) || batch.size() == 1) {
                throw failed;
            }
            // One is refused, or waits for a transaction of somebody's: it must not hold up its neighbours.
            int half = batch.size() / 2;
            List<SendResult> results = new ArrayList<>(part(batch.subList(0, half), deadlineNanos));
            results.addAll(part(batch.subList(half, batch.size()), deadlineNanos));
            return results;
        }
    }

    /** Within a transaction that is under way. */
    List<SendResult> store(Session session, List<Envelope> batch) throws SQLException {
        Map<Key, String> owners = owners(session, batch);
        List<Envelope> winners = new ArrayList<>(batch.size());
        List<SendResult> results = new ArrayList<>(batch.size());
        for (Envelope task : batch) {
            Optional<Key> key = key(task);
            Optional<String> owner = key.map(taken -> owners.getOrDefault(taken, ""));
            if (key.isEmpty() || task.taskId().equals(owner.orElse(""))) {
                winners.add(task);
                results.add(SendResult.ACCEPTED);
            } else if (owner.orElse("").isEmpty()) {
                results.add(new SendResult.Failed(
                        ErrorClass.TRANSIENT,
                        new SQLTransientException("The deduplication id was freed while it was looked up", "40001")));
            } else {
                results.add(new SendResult.Duplicate(owner));
            }
        }
        if (!winners.isEmpty()) {
            dialect.insert(session, winners);
        }
        return results;
    }

    private List<SendResult> part(List<Envelope> batch, long deadlineNanos) {
        try {
            return send(batch, deadlineNanos);
        } catch (SQLException | RuntimeException failed) {
            SendResult result = new SendResult.Failed(JdbcErrors.classify(failed), failed);
            return batch.stream().map(any -> result).toList();
        }
    }

    private List<SendResult> stored(List<Envelope> batch, long deadlineNanos) throws SQLException {
        boolean deduplicated =
                batch.stream().anyMatch(task -> task.deduplication().isPresent());
        return deduplicated
                ? database.transaction(
                        deadlineNanos,
                        session -> dialect.impatiently(session, PATIENCE_MILLIS, patient -> store(patient, batch)))
                : database.step(dialect.oneStatement(), deadlineNanos, session -> store(session, batch));
    }

    /** Which task has each deduplication id of the batch, after those that are free were taken. */
    private Map<Key, String> owners(Session session, List<Envelope> batch) throws SQLException {
        // In one order everywhere, so that two batches never wait for each other; the first of an id speaks for it.
        Map<Key, Envelope> firsts = new TreeMap<>();
        batch.forEach(task -> key(task).ifPresent(key -> firsts.putIfAbsent(key, task)));
        Map<Key, String> owners = new HashMap<>();
        if (firsts.isEmpty()) {
            return owners;
        }
        List<Envelope> asking = List.copyOf(firsts.values());
        List<Boolean> taken = dialect.takeIds(session, asking);
        List<Envelope> losers = new ArrayList<>();
        for (int i = 0; i < asking.size(); i++) {
            if (taken.get(i)) {
                owners.put(key(asking.get(i)).orElseThrow(), asking.get(i).taskId());
            } else {
                losers.add(asking.get(i));
            }
        }
        if (!losers.isEmpty()) {
            session.step(
                            holders,
                            session.texts(losers.stream().map(Envelope::topic).toList()),
                            session.texts(losers.stream()
                                    .map(task -> key(task).orElseThrow().id())
                                    .toList()))
                    .list(row -> owners.put(new Key(row.getString(1), row.getString(2)), row.getString(3)));
        }
        return owners;
    }

    private static Optional<Key> key(Envelope task) {
        return task.deduplication().map(Deduplication::id).map(id -> new Key(task.topic(), id));
    }

    /** Whether a task may be ready as soon as it is stored. */
    static boolean startsNow(Envelope task) {
        return task.start() instanceof Start.Now;
    }
}
