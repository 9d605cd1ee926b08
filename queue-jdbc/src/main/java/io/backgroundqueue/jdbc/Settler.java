package io.backgroundqueue.jdbc;

import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Settlement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** Stores verdicts, each only with a lease that is current; the verdicts of one kind together. Thread-safe. */
final class Settler {
    private final Database database;
    private final Dialect dialect;
    private final WakeUps wakeUps;
    private final String topic;
    private final Held held;

    Settler(String topic, JdbcParts parts, Held held) {
        this.database = parts.database();
        this.dialect = parts.dialect();
        this.wakeUps = parts.wakeUps();
        this.topic = topic;
        this.held = held;
    }

    /** Stores the verdicts of one kind and one owner; answers the leases that were current. */
    private interface Store<T> {
        Set<Long> store(Session session, long owner, List<T> settlements) throws SQLException;
    }

    List<Outcome> settle(List<Settlement> batch, long deadlineNanos) {
        Set<JdbcLease> seen = new HashSet<>();
        List<Settlement> firsts = batch.stream()
                .filter(settlement -> seen.add(lease(settlement.delivery())))
                .toList();
        Map<JdbcLease, Outcome> outcomes = new HashMap<>();
        store(
                firsts,
                Settlement.Ack.class,
                outcomes,
                deadlineNanos,
                (session, owner, acks) -> dialect.acknowledge(session, owner, numbers(acks)));
        store(firsts, Settlement.Later.class, outcomes, deadlineNanos, dialect::postpone);
        store(firsts, Settlement.Dead.class, outcomes, deadlineNanos, dialect::bury);
        store(
                firsts,
                Settlement.Release.class,
                outcomes,
                deadlineNanos,
                (session, owner, given) -> dialect.release(session, owner, numbers(given), false));
        tell(firsts, outcomes, deadlineNanos);
        // What is settled twice in one batch gets its answer once.
        return batch.stream().map(settlement -> taken(outcomes, settlement)).toList();
    }

    private static Outcome taken(Map<JdbcLease, Outcome> outcomes, Settlement settlement) {
        Outcome outcome = outcomes.remove(lease(settlement.delivery()));
        return outcome == null ? Outcome.STALE : outcome;
    }

    /** The note that the engine gives back. */
    static JdbcLease lease(Delivery delivery) {
        if (delivery.lease() instanceof JdbcLease ours) {
            return ours;
        }
        throw new IllegalArgumentException(
                "This delivery was not handed out by this database: its lease is " + delivery.lease());
    }

    private <T extends Settlement> void store(
            List<Settlement> batch,
            Class<T> kind,
            Map<JdbcLease, Outcome> outcomes,
            long deadlineNanos,
            Store<T> store) {
        Map<Long, List<T>> byOwner = new LinkedHashMap<>();
        for (Settlement settlement : batch) {
            if (kind.isInstance(settlement)) {
                byOwner.computeIfAbsent(lease(settlement.delivery()).owner(), any -> new ArrayList<>())
                        .add(kind.cast(settlement));
            }
        }
        byOwner.forEach((owner, settlements) -> outcomes.putAll(stored(owner, settlements, deadlineNanos, store)));
    }

    /** Nothing is known about a part whose answer did not come; the other parts have theirs. */
    private <T extends Settlement> Map<JdbcLease, Outcome> stored(
            long owner, List<T> settlements, long deadlineNanos, Store<T> store) {
        Map<JdbcLease, Outcome> outcomes = new HashMap<>();
        try {
            Set<Long> done = database.step(
                    dialect.oneStatement(), deadlineNanos, session -> store.store(session, owner, settlements));
            for (T settlement : settlements) {
                JdbcLease lease = lease(settlement.delivery());
                held.remove(lease);
                outcomes.put(lease, done.contains(lease.number()) ? Outcome.DONE : Outcome.STALE);
            }
        } catch (SQLException | RuntimeException failed) {
            settlements.forEach(settlement -> outcomes.put(lease(settlement.delivery()), new Outcome.Failed(failed)));
        }
        return outcomes;
    }

    /** Tasks that are ready again may be for somebody who waits. */
    private void tell(List<Settlement> batch, Map<JdbcLease, Outcome> outcomes, long deadlineNanos) {
        boolean ready = false;
        for (Settlement settlement : batch) {
            if (outcomes.get(lease(settlement.delivery())) == Outcome.DONE) {
                ready |= settlement instanceof Settlement.Release;
                if (settlement instanceof Settlement.Later later) {
                    ready |= later.start() instanceof Start.Now;
                    wakeUps.expect(later.start());
                }
            }
        }
        if (ready) {
            wakeUps.tell(List.of(topic), deadlineNanos);
        }
    }

    private static <T extends Settlement> List<Long> numbers(List<T> settlements) {
        Function<T, Long> number = settlement -> lease(settlement.delivery()).number();
        return settlements.stream().map(number).toList();
    }
}
