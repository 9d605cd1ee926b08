package io.backgroundqueue.jdbc;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Deduplication;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Duty;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.Settlement;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** PostgreSQL 12 or later: every step is one statement, whose text never changes. */
final class PostgresDialect implements Dialect {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresDialect.class);

    private final PostgresClaim claim;
    private final String channel;
    private final String insert;
    private final String takeIds;
    private final String acknowledge;
    private final String postpone;
    private final String bury;
    private final String release;
    private final String promote;

    /** @param channel of LISTEN and NOTIFY */
    PostgresDialect(Names names, String channel) {
        this.claim = new PostgresClaim(names);
        this.channel = channel;
        // ORDER BY keeps the places in the order of the batch; GREATEST ignores what is null.
        this.insert = names.sql("""
                INSERT INTO {task} (topic, task_id, state, place, priority, due, enqueued_at, attempts, dedup_id, dedup_window,
                  ordering_key, expires_after, headers, payload)
                SELECT topic, task_id, CASE WHEN due > {now} THEN 2 ELSE 0 END, {next}, priority, due, enqueued_at, attempts,
                  dedup_id, dedup_window, ordering_key, expires_after, headers, payload
                FROM (SELECT u.*, greatest({now}, {now} + u.delay * interval '1 microsecond',
                    timestamptz 'epoch' + u.moment * interval '1 microsecond') AS due
                  FROM unnest(?::varchar[], ?::varchar[], ?::integer[], ?::bigint[], ?::bigint[], ?::varchar[], ?::integer[],
                    ?::varchar[], ?::varchar[], ?::varchar[], ?::varchar[], ?::varchar[], ?::bytea[])
                  WITH ORDINALITY AS u(topic, task_id, priority, delay, moment, enqueued_at, attempts, dedup_id, dedup_window,
                    ordering_key, expires_after, headers, payload, number)
                  ORDER BY u.number) task
                ON CONFLICT DO NOTHING""");
        this.takeIds = names.sql("""
                INSERT INTO {dedup} AS d (topic, dedup_id, task_id, expires_at)
                SELECT u.topic, u.dedup_id, u.task_id, {now} + u.span * interval '1 microsecond'
                FROM unnest(?::varchar[], ?::varchar[], ?::varchar[], ?::bigint[])
                  WITH ORDINALITY AS u(topic, dedup_id, task_id, span, number)
                ORDER BY u.number
                ON CONFLICT (topic, dedup_id) DO UPDATE SET task_id = excluded.task_id, expires_at = excluded.expires_at
                WHERE d.expires_at <= {now}
                RETURNING d.topic, d.dedup_id""");
        this.acknowledge =
                names.sql("DELETE FROM {task} WHERE state = 1 AND owner = ? AND lease = ANY (?) RETURNING lease");
        this.postpone = names.sql("""
                UPDATE {task} AS t SET state = CASE WHEN u.due > {now} THEN 2 ELSE 0 END, place = {next}, due = u.due,
                  owner = NULL, lease = NULL, starts = 0, verdicts = u.verdicts, failures = u.failures,
                  interruptions = u.interruptions, replayed = u.replayed, last_error = u.error
                FROM (SELECT u.*, greatest({now}, {now} + u.delay * interval '1 microsecond',
                    timestamptz 'epoch' + u.moment * interval '1 microsecond') AS due
                  FROM unnest(?::bigint[], ?::integer[], ?::integer[], ?::integer[], ?::boolean[], ?::varchar[], ?::bigint[],
                    ?::bigint[]) AS u(lease, verdicts, failures, interruptions, replayed, error, delay, moment)) u
                WHERE t.state = 1 AND t.owner = ? AND t.lease = u.lease
                RETURNING u.lease""");
        this.bury = names.sql("""
                WITH gone AS (
                  DELETE FROM {task} AS t
                  USING unnest(?::bigint[], ?::integer[], ?::integer[], ?::integer[], ?::boolean[], ?::varchar[], ?::varchar[])
                    AS u(number, verdicts, failures, interruptions, replayed, error, reason)
                  WHERE t.state = 1 AND t.owner = ? AND t.lease = u.number
                  RETURNING t.topic, t.task_id, t.priority, t.version, t.enqueued_at, t.attempts, t.dedup_id, t.dedup_window,
                    t.ordering_key, t.expires_after, t.headers, t.payload, u.*),
                stored AS (
                  INSERT INTO {dead} ({envelope}, {progress}, reason, died_at)
                  SELECT {envelope}, verdicts, failures, interruptions, replayed, error, reason, {now} FROM gone ORDER BY number)
                SELECT number AS lease FROM gone""");
        this.release = names.sql("""
                UPDATE {task} AS t SET state = 0, owner = NULL, lease = NULL, starts = t.starts - ?
                FROM unnest(?::bigint[]) AS u(lease)
                WHERE t.state = 1 AND t.owner = ? AND t.lease = u.lease
                RETURNING u.lease""");
        // By row address, and planned each time: the planner knows no better way, however little it knows about the
        // table.
        this.promote = names.sql("""
                WITH found AS MATERIALIZED (
                  SELECT ctid AS at, due, place FROM {task} WHERE state = 2 AND due <= {now}
                  ORDER BY due LIMIT ? FOR UPDATE SKIP LOCKED),
                placed AS MATERIALIZED (
                  SELECT at, {next} AS place FROM (SELECT at FROM found ORDER BY due, place) f),
                lists AS MATERIALIZED (SELECT array_agg(at) AS ats, array_agg(place) AS places FROM placed)
                UPDATE {task} AS t SET state = 0,
                  place = ((SELECT places FROM lists)::bigint[])[array_position((SELECT ats FROM lists)::tid[], t.ctid)]
                WHERE t.ctid = ANY ((SELECT ats FROM lists)::tid[])
                RETURNING t.topic""");
    }

    @Override
    public String name() {
        return "postgresql";
    }

    @Override
    public boolean oneStatement() {
        return true;
    }

    @Override
    public boolean knows(int major, int minor) {
        return major >= 12;
    }

    @Override
    public int mostBytes() {
        return 16 << 20;
    }

    @Override
    public Duration fastestLook() {
        return Duration.ofMillis(20);
    }

    @Override
    public void insert(Session session, List<Envelope> tasks) throws SQLException {
        session.step(
                        insert,
                        column(session, "varchar", tasks, Envelope::topic),
                        column(session, "varchar", tasks, Envelope::taskId),
                        column(session, "integer", tasks, Envelope::priority),
                        column(session, "bigint", tasks, task -> Moments.delay(task.start())),
                        column(session, "bigint", tasks, task -> Moments.epochMicros(task.start())),
                        column(
                                session,
                                "varchar",
                                tasks,
                                task -> task.enqueuedAt().toString()),
                        column(session, "integer", tasks, PostgresDialect::attempts),
                        column(session, "varchar", tasks, PostgresDialect::dedupId),
                        column(session, "varchar", tasks, TaskRow::window),
                        column(
                                session,
                                "varchar",
                                tasks,
                                task -> task.orderingKey().orElse(null)),
                        column(session, "varchar", tasks, TaskRow::expiry),
                        column(session, "varchar", tasks, TaskRow::headers),
                        payloads(session, tasks))
                .update();
    }

    @Override
    public List<Boolean> takeIds(Session session, List<Envelope> tasks) throws SQLException {
        Set<List<String>> taken = new HashSet<>(session.step(
                        takeIds,
                        column(session, "varchar", tasks, Envelope::topic),
                        column(session, "varchar", tasks, PostgresDialect::dedupId),
                        column(session, "varchar", tasks, Envelope::taskId),
                        column(session, "bigint", tasks, PostgresDialect::window))
                .list(row -> List.of(row.getString(1), row.getString(2))));
        return tasks.stream()
                .map(task -> taken.contains(List.of(task.topic(), String.valueOf(dedupId(task)))))
                .toList();
    }

    @Override
    public Claim.Answer claim(Session session, Claim asked, Instant now) throws SQLException {
        return claim.run(session, asked, now);
    }

    @Override
    public Set<Long> acknowledge(Session session, long owner, List<Long> leases) throws SQLException {
        return leases(session.step(acknowledge, owner, session.array("bigint", leases.toArray())));
    }

    @Override
    public Set<Long> postpone(Session session, long owner, List<Settlement.Later> tasks) throws SQLException {
        List<Progress> progress = tasks.stream().map(Settlement.Later::progress).toList();
        List<Start> starts = tasks.stream().map(Settlement.Later::start).toList();
        Step step = session.step(postpone, column(session, "bigint", tasks, task -> number(task.delivery())));
        add(step, session, progress);
        step.add(column(session, "bigint", starts, Moments::delay));
        step.add(column(session, "bigint", starts, Moments::epochMicros));
        return leases(step.add(owner));
    }

    @Override
    public Set<Long> bury(Session session, long owner, List<Settlement.Dead> tasks) throws SQLException {
        List<Progress> progress = tasks.stream().map(Settlement.Dead::progress).toList();
        Step step = session.step(bury, column(session, "bigint", tasks, task -> number(task.delivery())));
        add(step, session, progress);
        step.add(column(session, "varchar", tasks, task -> task.reason().name()));
        return leases(step.add(owner));
    }

    @Override
    public Set<Long> release(Session session, long owner, List<Long> leases, boolean charged) throws SQLException {
        return leases(session.step(release, charged ? 0 : 1, session.array("bigint", leases.toArray()), owner));
    }

    @Override
    public List<String> promote(Session session, int most) throws SQLException {
        return session.freshlyPlanned(promote).add(most).list(row -> row.getString(1));
    }

    @Override
    public <T> T impatiently(Session session, int millis, Database.Work<T> work) throws SQLException {
        session.step("SELECT set_config('lock_timeout', ?, true)", millis + "ms")
                .list(row -> row.getString(1));
        return work.on(session);
    }

    @Override
    public boolean createsInTransactions() {
        return true;
    }

    @Override
    public void tell(Session session, Collection<String> topics) throws SQLException {
        session.step("SELECT pg_notify(?, topic) FROM unnest(?::varchar[]) AS u(topic)", channel, session.texts(topics))
                .list(row -> row.getString(1));
    }

    @Override
    public Optional<Listener> listener(Database database, WakeUps wakeUps, BooleanSupplier wanted) {
        try {
            Class.forName("org.postgresql.PGConnection", false, PostgresDialect.class.getClassLoader());
            return Optional.of(new PostgresListener(database, wakeUps, channel, wanted));
        } catch (ClassNotFoundException anotherDriver) {
            return Optional.empty();
        }
    }

    @Override
    public Optional<Duty> watch(Database database) {
        return Optional.of(new SnapshotWatch(database));
    }

    @Override
    public boolean requireDurable(Connection connection) throws SQLException {
        requireUnicode(setting(connection, "server_encoding"));
        // What that costs is the operator's to know; it may be set for one role or one URL only.
        for (String name : List.of("synchronous_commit", "fsync")) {
            if (setting(connection, name).equals("off")) {
                LOG.warn("{} is off: what this database accepted last is lost if it crashes", name);
            }
        }
        return true;
    }

    /** Another encoding lacks characters, and SQL_ASCII counts bytes where our columns count characters. */
    private static void requireUnicode(String encoding) {
        if (!encoding.equals("UTF8")) {
            throw new QueueException(
                    QueueException.Kind.MISCONFIGURED,
                    "The encoding of this database is " + encoding
                            + ", which does not take every id and text. Use one of"
                            + " UTF8: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0");
        }
    }

    private static String setting(Connection connection, String name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT current_setting(?)")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getString(1);
            }
        }
    }

    private static Set<Long> leases(Step step) throws SQLException {
        return new HashSet<>(step.list(row -> row.getLong("lease")));
    }

    private static void add(Step step, Session session, List<Progress> progress) throws SQLException {
        step.add(column(session, "integer", progress, Progress::verdicts));
        step.add(column(session, "integer", progress, Progress::failures));
        step.add(column(session, "integer", progress, Progress::interruptions));
        step.add(column(session, "boolean", progress, Progress::replayed));
        step.add(column(session, "varchar", progress, TaskRow::error));
    }

    private static <T> Array column(Session session, String type, List<T> rows, Function<T, @Nullable Object> value)
            throws SQLException {
        @Nullable Object[] values = new Object[rows.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = value.apply(rows.get(i));
        }
        return session.array(type, values);
    }

    private static Array payloads(Session session, List<Envelope> tasks) throws SQLException {
        byte[][] payloads = new byte[tasks.size()][];
        for (int i = 0; i < payloads.length; i++) {
            payloads[i] = tasks.get(i).payload().toArray();
        }
        return session.array("bytea", payloads);
    }

    private static long number(Delivery delivery) {
        return Settler.lease(delivery).number();
    }

    private static @Nullable Object attempts(Envelope task) {
        return task.attempts().isPresent() ? (Object) task.attempts().getAsInt() : null;
    }

    private static @Nullable Object dedupId(Envelope task) {
        return task.deduplication().map(Deduplication::id).orElse(null);
    }

    private static @Nullable Object window(Envelope task) {
        return task.deduplication().map(asked -> Moments.micros(asked.window())).orElse(null);
    }
}
