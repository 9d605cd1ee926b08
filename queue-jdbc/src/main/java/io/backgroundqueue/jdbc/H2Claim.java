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

/** A claim as a transaction: lock the worker row, choose and lock the tasks, hand them out, read them. */
final class H2Claim {
    private static final int SHARE = 16;

    private final String alive;
    private final String renew;
    private final String level;
    private final String ofLevel;
    private final String inOrder;
    private final String handOut;
    private final String read;

    H2Claim(Names names) {
        this.alive = names.sql("SELECT id FROM {worker} WHERE id = ? AND voided < ? FOR UPDATE");
        this.renew = names.sql("UPDATE {worker} SET expires_at = {later} WHERE id = ? AND voided < ?");
        // The whole index is in ORDER BY, or this database would sort what it could read in order.
        this.level = names.sql("""
                SELECT priority FROM {task} WHERE state = 0 AND topic = ? AND priority < ?
                ORDER BY state, topic, priority DESC, place LIMIT 1""");
        String candidates =
                "SELECT task_id, priority, OCTET_LENGTH(payload) AS size FROM {task} WHERE state = 0 AND topic = ?";
        String queue = " ORDER BY state, topic, priority DESC, place LIMIT ? FOR UPDATE SKIP LOCKED";
        this.ofLevel = names.sql(candidates + " AND priority = ?" + queue);
        this.inOrder = names.sql(candidates + queue);
        this.handOut = names.sql("""
                UPDATE {task} SET state = 1, owner = ?, lease = ?, starts = starts + 1
                WHERE topic = ? AND task_id = ? AND state = 0""");
        this.read = names.sql("""
                SELECT task_id, due, starts, lease, {envelope}, {progress} FROM {task}
                WHERE state = 1 AND owner = ? AND lease BETWEEN ? AND ? ORDER BY state, owner, lease""");
    }

    private record Candidate(String taskId, int priority, int size) {}

    Claim.Answer run(Session session, Claim claim, Instant now) throws SQLException {
        if (!mayClaim(session, claim)) {
            return Claim.Answer.FORBIDDEN;
        }
        List<Candidate> low = claim.low() > 0 ? low(session, claim) : List.of();
        List<Candidate> chosen = fitting(merged(inOrder(session, claim, low), low), claim.bytes());
        if (chosen.isEmpty()) {
            return new Claim.Answer(true, List.of(), OptionalInt.empty());
        }
        long base = JdbcLease.base(claim.number());
        Step step = session.step(handOut);
        for (int i = 0; i < chosen.size(); i++) {
            step.add(claim.owner())
                    .add(base + i + 1)
                    .add(claim.topic())
                    .add(chosen.get(i).taskId())
                    .row();
        }
        step.updates();
        List<Delivery> deliveries = session.step(read, claim.owner(), base, base + JdbcLease.PER_CLAIM - 1)
                .list(row ->
                        TaskRow.delivery(row, claim.topic(), new JdbcLease(claim.owner(), row.getLong("lease")), now));
        return new Claim.Answer(
                true,
                deliveries,
                low.isEmpty() ? OptionalInt.empty() : OptionalInt.of(low.get(0).priority()));
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

    private List<Candidate> low(Session session, Claim claim) throws SQLException {
        Optional<Integer> top = levelBelow(session, claim.topic(), Integer.MAX_VALUE);
        if (top.isEmpty()) {
            return List.of();
        }
        Optional<Integer> next = levelBelow(session, claim.topic(), Math.min(top.get(), claim.turn()));
        Optional<Integer> chosen = next.isPresent() ? next : levelBelow(session, claim.topic(), top.get());
        return chosen.isEmpty()
                ? List.of()
                : candidates(session.step(ofLevel, claim.topic(), chosen.get(), claim.low()));
    }

    private Optional<Integer> levelBelow(Session session, String topic, int bound) throws SQLException {
        return session.step(level, topic, bound).first(row -> row.getInt(1));
    }

    /** A transaction does not skip what it has locked itself. */
    private List<Candidate> inOrder(Session session, Claim claim, List<Candidate> low) throws SQLException {
        Set<Candidate> taken = new HashSet<>(low);
        return candidates(session.step(inOrder, claim.topic(), claim.most())).stream()
                .filter(candidate -> !taken.contains(candidate))
                .limit(claim.most() - low.size())
                .toList();
    }

    private static List<Candidate> candidates(Step step) throws SQLException {
        return step.list(row -> new Candidate(row.getString("task_id"), row.getInt("priority"), row.getInt("size")));
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
