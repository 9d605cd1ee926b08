package io.backgroundqueue.jdbc;

import io.backgroundqueue.spi.Delivery;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;

/**
 * A claim in one statement. The worker row is locked before any task is looked at: nobody can declare the worker dead, or
 * the claim void, while it runs. Tasks are changed by row address and nothing else; they were locked when
 * they were picked. How they are found by it, PostgreSQL decides by the size that the table has at that time.
 */
final class PostgresClaim {
    private static final String COLUMNS =
            "t.task_id, t.priority, t.due, t.starts, t.version, t.enqueued_at, t.attempts,"
                    + " t.dedup_id, t.dedup_window, t.ordering_key, t.expires_after, t.headers, t.verdicts, t.failures,"
                    + " t.interruptions, t.replayed, t.last_error, t.payload, t.lease";

    private static final String ALIVE =
            "WITH me AS MATERIALIZED (SELECT id FROM {worker} WHERE id = ? AND voided < ? FOR KEY SHARE),";
    private static final String RENEWED =
            "WITH me AS (UPDATE {worker} SET expires_at = {later} WHERE id = ? AND voided < ? RETURNING id),";

    private static final String IN_ORDER = """
            picked AS MATERIALIZED (
              SELECT t.ctid AS at, t.priority, t.place, octet_length(t.payload) AS size FROM {task} t
              WHERE t.topic = ? AND t.state = 0 AND EXISTS (SELECT 1 FROM me)
              ORDER BY t.priority DESC, t.place LIMIT ? FOR UPDATE SKIP LOCKED),
            low AS (SELECT NULL::smallint AS priority),
            queue AS (SELECT at, size, row_number() OVER (ORDER BY priority DESC, place) AS pos FROM picked),
            """;

    /** Every sixteenth comes from the next lower level that has any. */
    private static final String FAIR = """
            top AS MATERIALIZED (SELECT max(priority) AS level FROM {task} WHERE topic = ? AND state = 0),
            below AS MATERIALIZED (SELECT coalesce(
              (SELECT max(priority) FROM {task} WHERE topic = ? AND state = 0
                 AND priority < least(?::smallint, (SELECT level FROM top))),
              (SELECT max(priority) FROM {task} WHERE topic = ? AND state = 0 AND priority < (SELECT level FROM top))) AS level),
            low AS MATERIALIZED (
              SELECT t.ctid AS at, t.priority, t.place, octet_length(t.payload) AS size FROM {task} t
              WHERE t.topic = ? AND t.state = 0 AND t.priority = (SELECT level FROM below) AND EXISTS (SELECT 1 FROM me)
              ORDER BY t.place LIMIT ? FOR UPDATE SKIP LOCKED),
            picked AS MATERIALIZED (
              SELECT t.ctid AS at, t.priority, t.place, octet_length(t.payload) AS size FROM {task} t
              WHERE t.topic = ? AND t.state = 0 AND EXISTS (SELECT 1 FROM me) AND t.ctid <> ALL (ARRAY(SELECT at FROM low))
              ORDER BY t.priority DESC, t.place LIMIT ?::bigint - (SELECT count(*) FROM low) FOR UPDATE SKIP LOCKED),
            queue AS (
              SELECT at, size, (n - 1) / 15 * 16 + (n - 1) % 15 AS pos
                FROM (SELECT at, size, row_number() OVER (ORDER BY priority DESC, place) AS n FROM picked) p
              UNION ALL
              SELECT at, size, n * 16 - 1 FROM (SELECT at, size, row_number() OVER (ORDER BY place) AS n FROM low) l),
            """;

    private static final String HAND_OUT = """
            fit AS MATERIALIZED (SELECT array_agg(at ORDER BY pos) AS ats FROM (
              SELECT at, pos, sum(size) OVER w AS bytes, row_number() OVER w AS n FROM queue
              WINDOW w AS (ORDER BY pos ROWS UNBOUNDED PRECEDING)) q WHERE n = 1 OR bytes <= ?),
            done AS (
              UPDATE {task} AS t SET state = 1, owner = (SELECT id FROM me), starts = t.starts + 1,
                lease = ? + array_position((SELECT ats FROM fit)::tid[], t.ctid)
              WHERE t.ctid = ANY ((SELECT ats FROM fit)::tid[])
              RETURNING\s""" + COLUMNS + """
            ) SELECT me.id AS me, (SELECT max(priority) FROM low) AS low_level, done.* FROM me LEFT JOIN done ON true""";

    private final String inOrder;
    private final String inOrderRenewed;
    private final String fair;
    private final String fairRenewed;

    PostgresClaim(Names names) {
        this.inOrder = names.sql(ALIVE + IN_ORDER + HAND_OUT);
        this.inOrderRenewed = names.sql(RENEWED + IN_ORDER + HAND_OUT);
        this.fair = names.sql(ALIVE + FAIR + HAND_OUT);
        this.fairRenewed = names.sql(RENEWED + FAIR + HAND_OUT);
    }

    Claim.Answer run(Session session, Claim claim, Instant now) throws SQLException {
        boolean renewed = claim.renewMicros().isPresent();
        Step step = session.freshlyPlanned(
                claim.low() > 0 ? (renewed ? fairRenewed : fair) : (renewed ? inOrderRenewed : inOrder));
        if (renewed) {
            step.add(claim.renewMicros().getAsLong());
        }
        step.add(claim.owner()).add(claim.number());
        if (claim.low() > 0) {
            step.add(claim.topic()).add(claim.topic()).add(claim.turn()).add(claim.topic());
            step.add(claim.topic()).add(claim.low());
        }
        step.add(claim.topic()).add(claim.most()).add((long) claim.bytes());
        return answer(step.add(JdbcLease.base(claim.number())), claim, now);
    }

    private static Claim.Answer answer(Step step, Claim claim, Instant now) throws SQLException {
        int[] turn = {-1};
        List<Delivery> deliveries = new ArrayList<>();
        List<Boolean> rows = step.list(row -> {
            int low = row.getInt("low_level");
            turn[0] = row.wasNull() ? -1 : low;
            long lease = row.getLong("lease");
            return row.wasNull()
                    ? false
                    : deliveries.add(TaskRow.delivery(row, claim.topic(), new JdbcLease(claim.owner(), lease), now));
        });
        // Rows come as they lie in the table.
        deliveries.sort(
                Comparator.comparingLong(delivery -> Settler.lease(delivery).number()));
        return rows.isEmpty()
                ? Claim.Answer.FORBIDDEN
                : new Claim.Answer(true, true, deliveries, turn[0] < 0 ? OptionalInt.empty() : OptionalInt.of(turn[0]));
    }
}
