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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Stores tasks, all of a batch in one step. Thread-safe. */
final class Sends {
    /** How long a batch waits for somebody else's open transaction before its tasks are stored in parts. */
    private static final int PATIENCE_MILLIS = 100;

    /** How long each part waits: what is open until then will be for longer. */
    private static final int IMPATIENCE_MILLIS = 5;

    /** How often parts wait; then what has an id, and may have to, is left to the next send. */
    private static final int MOST_WAITS = 60;

    private static final SendResult HELD = new SendResult.Failed(
            ErrorClass.TRANSIENT,
            new SQLTransientException(
                    "A transaction that is open has enqueued with this deduplication id, or with so many others that this"
                            + " one was not looked at",
                    "55P03"));

    private final Database database;
    private final Dialect dialect;
    private final String holders;

    Sends(Database database, Dialect dialect, Names names) {
        this.database = database;
        this.dialect = dialect;
        // No join, which may be done by reading the whole table: one step down the primary key for each.
        this.holders = names.sql("""
                SELECT u.topic, u.dedup_id,
                  (SELECT CASE WHEN d.dedup_id = u.dedup_id THEN d.task_id END FROM {dedup} d
                   WHERE d.topic = u.topic AND d.dedup_id >= u.dedup_id ORDER BY d.topic, d.dedup_id LIMIT 1)
                FROM UNNEST(CAST(? AS varchar ARRAY), CAST(? AS varchar ARRAY)) AS u(topic, dedup_id)""");
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
            return stored(batch, deadlineNanos, PATIENCE_MILLIS);
        } catch (SQLException failed) {
            if (!JdbcErrors.blamesOne(failed) || batch.size() == 1) {
                throw failed;
            }
            return new Parts(batch, deadlineNanos).results();
        }
    }

    /** Within a transaction that is under way. */
    List<SendResult> store(Session session, List<Envelope> batch) throws SQLException {
        // In one order everywhere, so that two batches never wait for each other; the first of an id speaks for it.
        Map<Key, Envelope> firsts = new TreeMap<>();
        batch.forEach(task -> key(task).ifPresent(key -> firsts.putIfAbsent(key, task)));
        Set<Key> taken = taken(session, firsts);
        Map<Key, String> holders = holders(session, firsts, taken);
        List<Envelope> winners = new ArrayList<>(batch.size());
        List<SendResult> results = new ArrayList<>(batch.size());
        for (Envelope task : batch) {
            Optional<Key> key = key(task);
            if (key.isEmpty() || taken.remove(key.get())) {
                winners.add(task);
                results.add(SendResult.ACCEPTED);
            } else {
                results.add(answer(task, Optional.ofNullable(holders.get(key.get()))));
            }
        }
        if (!winners.isEmpty()) {
            dialect.insert(session, winners);
        }
        return results;
    }

    /** To a task that did not get its deduplication id now. */
    private static SendResult answer(Envelope task, Optional<String> holder) {
        if (holder.isEmpty()) {
            return new SendResult.Failed(
                    ErrorClass.TRANSIENT,
                    new SQLTransientException("The deduplication id was freed while it was looked up", "40001"));
        }
        // Its own: it was stored together with the id, by a send whose answer was lost, and may have run since.
        return holder.get().equals(task.taskId()) ? SendResult.ACCEPTED : new SendResult.Duplicate(holder);
    }

    private List<SendResult> stored(List<Envelope> batch, long deadlineNanos, int patienceMillis) throws SQLException {
        boolean deduplicated =
                batch.stream().anyMatch(task -> task.deduplication().isPresent());
        return deduplicated
                ? database.transaction(
                        deadlineNanos,
                        session -> dialect.impatiently(session, patienceMillis, patient -> store(patient, batch)))
                : database.step(dialect.oneStatement(), deadlineNanos, session -> store(session, batch));
    }

    /** Ids that the first tasks that ask for them have from now on. */
    private Set<Key> taken(Session session, Map<Key, Envelope> firsts) throws SQLException {
        Set<Key> taken = new HashSet<>();
        if (!firsts.isEmpty()) {
            List<Envelope> asking = List.copyOf(firsts.values());
            List<Boolean> answers = dialect.takeIds(session, asking);
            for (int i = 0; i < asking.size(); i++) {
                if (answers.get(i)) {
                    taken.add(key(asking.get(i)).orElseThrow());
                }
            }
        }
        return taken;
    }

    /** Which task has each deduplication id, those that were just taken included. */
    private Map<Key, String> holders(Session session, Map<Key, Envelope> firsts, Set<Key> taken) throws SQLException {
        Map<Key, String> holders = new HashMap<>();
        List<Key> others = new ArrayList<>();
        firsts.forEach((key, task) -> {
            if (taken.contains(key)) {
                holders.put(key, task.taskId());
            } else {
                others.add(key);
            }
        });
        if (!others.isEmpty()) {
            session.step(
                            this.holders,
                            session.texts(others.stream().map(Key::topic).toList()),
                            session.texts(others.stream().map(Key::id).toList()))
                    .list(row -> holders.put(new Key(row.getString(1), row.getString(2)), row.getString(3)));
        }
        return holders;
    }

    /**
     * A batch of which one task is refused, or waits for a transaction of somebody's: it is stored in parts, in order, so that
     * the one does not hold up its neighbours. Who waited alone speaks for all that have its id.
     */
    private final class Parts {
        private final List<Envelope> batch;
        private final long deadlineNanos;
        private final SendResult[] results;
        private final Set<Key> blocked = new HashSet<>();
        private int waits;

        Parts(List<Envelope> batch, long deadlineNanos) {
            this.batch = batch;
            this.deadlineNanos = deadlineNanos;
            this.results = new SendResult[batch.size()];
        }

        List<SendResult> results() {
            halves(IntStream.range(0, batch.size()).boxed().toList());
            return List.of(results);
        }

        private void halves(List<Integer> numbers) {
            int half = numbers.size() / 2;
            part(numbers.subList(0, half));
            part(numbers.subList(half, numbers.size()));
        }

        private void part(List<Integer> numbers) {
            List<Integer> tried = numbers.stream().filter(this::isWorthATry).toList();
            if (tried.isEmpty()) {
                return;
            }
            try {
                List<SendResult> some =
                        stored(tried.stream().map(batch::get).toList(), deadlineNanos, IMPATIENCE_MILLIS);
                for (int i = 0; i < some.size(); i++) {
                    results[tried.get(i)] = some.get(i);
                }
            } catch (SQLException failed) {
                if (JdbcErrors.blocked(failed)) {
                    waits++;
                }
                if (tried.size() > 1 && JdbcErrors.blamesOne(failed)) {
                    halves(tried);
                } else {
                    failed(tried, failed);
                }
            } catch (RuntimeException failed) {
                failed(tried, failed);
            }
        }

        /** False for what has an id that was waited for, or is the last of too many; that is answered here. */
        private boolean isWorthATry(int number) {
            Optional<Key> key = key(batch.get(number));
            if (key.isEmpty() || (waits < MOST_WAITS && !blocked.contains(key.get()))) {
                return true;
            }
            results[number] = HELD;
            return false;
        }

        private void failed(List<Integer> numbers, Exception why) {
            if (JdbcErrors.blocked(why)) {
                numbers.forEach(number -> key(batch.get(number)).ifPresent(blocked::add));
            }
            SendResult result = new SendResult.Failed(JdbcErrors.classify(why), why);
            numbers.forEach(number -> results[number] = result);
        }
    }

    private static Optional<Key> key(Envelope task) {
        return task.deduplication().map(Deduplication::id).map(id -> new Key(task.topic(), id));
    }

    /** Whether a task may be ready as soon as it is stored. */
    static boolean startsNow(Envelope task) {
        return task.start() instanceof Start.Now;
    }
}
