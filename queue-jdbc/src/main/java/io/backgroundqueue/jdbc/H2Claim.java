package io.backgroundqueue.jdbc;

import io.backgroundqueue.spi.Delivery;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A claim as a transaction: lock the worker row, choose tasks, hand them out, read them. Tasks are not locked when they are
 * chosen: with FOR UPDATE this database reads and locks the whole line before it sorts it. So another claim may be faster, and
 * then the choice is made again.
 */
final class H2Claim {
    private static final int SHARE = 16;
    private static final int MOST_TRIES = 5;

    private final String look;
    private final String alive;
    private final String renew;
    private final String level;
    private final String ofLevel;
    private final String inOrder;
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
            return new Claim.Answer(true, List.of(), OptionalInt.empty());
        }
        if (!mayClaim(session, claim)) {
            return Claim.Answer.FORBIDDEN;
        }
        OptionalInt turn = OptionalInt.empty();
        boolean done = false;
        for (int tries = 0; !done && tries < MOST_TRIES; tries++) {
            List<Candidate> low = claim.low() > 0 ? low(session, claim) : List.of();
            List<Candidate> chosen = fitting(merged(inOrder(session, claim, low), low), claim.bytes());
            turn = low.isEmpty() ? turn : OptionalInt.of(low.get(0).priority());
            done = chosen.isEmpty() || handOut(session, claim, chosen);
        }
        long base = JdbcLease.base(claim.number());
        List<Delivery> deliveries = session.step(read, claim.owner(), base, base + JdbcLease.PER_CLAIM - 1)
                .list(row ->
                        TaskRow.delivery(row, claim.topic(), new JdbcLease(claim.owner(), row.getLong("lease")), now));
        return new Claim.Answer(true, deliveries, turn);
    }

    /** Rows are changed in the order of the line, so that two claims never wait for each other; false if all were taken. */
    private boolean handOut(Session session, Claim claim, List<Candidate> chosen) throws SQLException {
        long base = JdbcLease.base(claim.number());
        Map<Candidate, Long> leases = new HashMap<>();
        chosen.forEach(task -> leases.put(task, base + leases.size() + 1));
        List<Candidate> inLine = new ArrayList<>(chosen);
        inLine.sort(Comparator.comparingInt(Candidate::priority).reversed().thenComparingLong(Candidate::place));
        Step step = session.step(handOut);
        for (Candidate task : inLine) {
            step.add(claim.owner())
                    .add(leases.get(task))
                    .add(claim.topic())
                    .add(task.taskId())
                    .row();
        }
        return Arrays.stream(step.updates()).anyMatch(count -> count == 1);
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

    /** What comes from a lower level is not taken twice. */
    private List<Candidate> inOrder(Session session, Claim claim, List<Candidate> low) throws SQLException {
        Set<Candidate> taken = new HashSet<>(low);
        return candidates(session.step(inOrder, claim.topic(), claim.most())).stream()
                .filter(candidate -> !taken.contains(candidate))
                .limit(claim.most() - low.size())
                .toList();
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
