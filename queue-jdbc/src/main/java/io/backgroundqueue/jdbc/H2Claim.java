package io.backgroundqueue.jdbc;

import io.backgroundqueue.spi.Delivery;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A claim as a transaction: lock the worker row, lock tasks one by one, hand them out, read them. Tasks are not locked by the
 * statement that chooses them: with FOR UPDATE this database reads and locks the whole line before it sorts it.
 */
final class H2Claim {
    private static final int SHARE = 16;
    private static final int FARTHEST = 4_096;

    private final String look;
    private final String alive;
    private final String renew;
    private final String level;
    private final String ofLevel;
    private final String inOrder;
    private final String lock;
    private final String handOut;
    private final String read;

    H2Claim(Names names) {
        this.look = names.sql("SELECT id FROM {worker} WHERE id = ? AND voided < ?");
        this.alive = names.sql("SELECT id FROM {worker} WHERE id = ? AND voided < ? FOR UPDATE");
        this.renew = names.sql("UPDATE {worker} SET expires_at = {later} WHERE id = ? AND voided < ?");
        // The whole index is in ORDER BY, or this database would sort what it could read in order.
        this.level = names.sql("""
                SELECT priority FROM {task} WHERE state = 0 AND topic = ? AND priority < ?
                ORDER BY state, topic, priority DESC, place LIMIT 1""");
        String candidates =
                "SELECT task_id, priority, place, OCTET_LENGTH(payload) AS size FROM {task} WHERE state = 0 AND topic = ?";
        String queue = " ORDER BY state, topic, priority DESC, place LIMIT ?";
        this.ofLevel = names.sql(candidates + " AND priority = ?" + queue);
        this.inOrder = names.sql(candidates + queue);
        this.lock = names.sql(
                "SELECT task_id FROM {task} WHERE topic = ? AND task_id = ? AND state = 0 FOR UPDATE SKIP LOCKED");
        this.handOut = names.sql("""
                UPDATE {task} SET state = 1, owner = ?, lease = ?, starts = starts + 1
                WHERE topic = ? AND task_id = ? AND state = 0""");
        this.read = names.sql("""
                SELECT task_id, due, starts, lease, {envelope}, {progress} FROM {task}
                WHERE state = 1 AND owner = ? AND lease BETWEEN ? AND ? ORDER BY state, owner, lease""");
    }

    private record Candidate(String taskId, int priority, long place, int size) {}

    Claim.Answer run(Session session, Claim claim, Instant now) throws SQLException {
        if (session.step(look, claim.owner(), claim.number())
                .first(row -> row.getLong(1))
                .isEmpty()) {
            return Claim.Answer.FORBIDDEN;
        }
        // A lock is written to the file like any change: whoever finds nothing should not pay for it.
        if (candidates(session.step(inOrder, claim.topic(), 1)).isEmpty()) {
            return new Claim.Answer(true, false, List.of(), OptionalInt.empty());
        }
        if (!mayClaim(session, claim)) {
            return Claim.Answer.FORBIDDEN;
        }
        Set<Candidate> seen = new HashSet<>();
        List<Candidate> low = claim.low() > 0 ? low(session, claim, seen) : List.of();
        OptionalInt turn =
                low.isEmpty() ? OptionalInt.empty() : OptionalInt.of(low.get(0).priority());
        int most = claim.most() - low.size();
        List<Candidate> first =
                locked(session, claim, most, seen, window -> session.step(inOrder, claim.topic(), window));
        handOut(session, claim, fitting(merged(first, low), claim.bytes()));
        long base = JdbcLease.base(claim.number());
        List<Delivery> deliveries = session.step(read, claim.owner(), base, base + JdbcLease.PER_CLAIM - 1)
                .list(row ->
                        TaskRow.delivery(row, claim.topic(), new JdbcLease(claim.owner(), row.getLong("lease")), now));
        return new Claim.Answer(true, true, deliveries, turn);
    }

    /** How to look at the first of a line. */
    private interface Line {
        Step first(int window) throws SQLException;
    }

    /** Locks the first that nobody else has locked, and looks further down the line where others were faster. */
    private List<Candidate> locked(Session session, Claim claim, int most, Set<Candidate> seen, Line line)
            throws SQLException {
        List<Candidate> locked = new ArrayList<>();
        boolean more = true;
        for (int window = most; more && locked.size() < most && window <= FARTHEST; window *= 2) {
            List<Candidate> candidates = candidates(line.first(window));
            more = candidates.size() == window;
            for (Candidate task : candidates) {
                if (locked.size() < most && seen.add(task) && lock(session, claim, task)) {
                    locked.add(task);
                }
            }
        }
        return locked;
    }

    private boolean lock(Session session, Claim claim, Candidate task) throws SQLException {
        return session.step(lock, claim.topic(), task.taskId())
                .first(row -> row.getString(1))
                .isPresent();
    }

    private void handOut(Session session, Claim claim, List<Candidate> chosen) throws SQLException {
        long lease = JdbcLease.base(claim.number());
        Step step = session.step(handOut);
        for (Candidate task : chosen) {
            step.add(claim.owner())
                    .add(++lease)
                    .add(claim.topic())
                    .add(task.taskId())
                    .row();
        }
        step.updates();
    }

    private boolean mayClaim(Session session, Claim claim) throws SQLException {
        if (claim.renewMicros().isPresent()) {
            return session.step(renew, claim.renewMicros().getAsLong(), claim.owner(), claim.number())
                            .update()
                    == 1;
        }
        return session.step(alive, claim.owner(), claim.number())
                .first(row -> row.getLong(1))
                .isPresent();
    }

    private List<Candidate> low(Session session, Claim claim, Set<Candidate> seen) throws SQLException {
        Optional<Integer> top = levelBelow(session, claim.topic(), Integer.MAX_VALUE);
        if (top.isEmpty()) {
            return List.of();
        }
        Optional<Integer> next = levelBelow(session, claim.topic(), Math.min(top.get(), claim.turn()));
        Optional<Integer> chosen = next.isPresent() ? next : levelBelow(session, claim.topic(), top.get());
        return chosen.isEmpty()
                ? List.of()
                : locked(
                        session,
                        claim,
                        claim.low(),
                        seen,
                        window -> session.step(ofLevel, claim.topic(), chosen.get(), window));
    }

    private Optional<Integer> levelBelow(Session session, String topic, int bound) throws SQLException {
        return session.step(level, topic, bound).first(row -> row.getInt(1));
    }

    private static List<Candidate> candidates(Step step) throws SQLException {
        return step.list(row -> new Candidate(
                row.getString("task_id"), row.getInt("priority"), row.getLong("place"), row.getInt("size")));
    }

    /** Every sixteenth is one of the lower ones. */
    private static List<Candidate> merged(List<Candidate> inOrder, List<Candidate> low) {
        List<Candidate> all = new ArrayList<>();
        int next = 0;
        for (Candidate candidate : inOrder) {
            if (next < low.size() && all.size() % SHARE == SHARE - 1) {
                all.add(low.get(next++));
            }
            all.add(candidate);
        }
        all.addAll(low.subList(next, low.size()));
        return all;
    }

    private static List<Candidate> fitting(List<Candidate> all, int bytes) {
        long sum = 0;
        for (int i = 0; i < all.size(); i++) {
            sum += all.get(i).size();
            if (i > 0 && sum > bytes) {
                return all.subList(0, i);
            }
        }
        return all;
    }
}
