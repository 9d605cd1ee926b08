package io.backgroundqueue.redis;

import io.backgroundqueue.Start;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Lease;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Stores verdicts and renews leases, each only with a grant that is current. Thread-safe. */
final class Settler {
    private static final int MOST_PER_SCRIPT = 500;

    private final TopicKeys keys;
    private final RedisLink link;
    private final Held held;
    private final Time time;

    Settler(TopicKeys keys, RedisLink link, Held held, Time time) {
        this.keys = keys;
        this.link = link;
        this.held = held;
        this.time = time;
    }

    List<Outcome> settle(List<Settlement> batch, long deadlineNanos) {
        List<Outcome> outcomes = new ArrayList<>(batch.size());
        for (int from = 0; from < batch.size(); from += MOST_PER_SCRIPT) {
            outcomes.addAll(stored(batch.subList(from, Math.min(from + MOST_PER_SCRIPT, batch.size())), deadlineNanos));
        }
        return outcomes;
    }

    /** Answers those that are held no more. */
    List<Delivery> extend(List<Delivery> deliveries, Duration lease, long deadlineNanos) {
        List<Delivery> lost = new ArrayList<>();
        for (int from = 0; from < deliveries.size(); from += MOST_PER_SCRIPT) {
            lost.addAll(unextended(
                    deliveries.subList(from, Math.min(from + MOST_PER_SCRIPT, deliveries.size())),
                    lease,
                    deadlineNanos));
        }
        return lost;
    }

    /** Nothing is known about a part whose answer did not come; the other parts have theirs. */
    private List<Outcome> stored(List<Settlement> part, long deadlineNanos) {
        ScriptArguments arguments = new ScriptArguments();
        part.forEach(settlement -> add(settlement, arguments));
        try {
            List<?> answers = Replies.list(link.eval(RedisScript.SETTLE.call(keys.common(), arguments), deadlineNanos));
            List<Outcome> outcomes = new ArrayList<>(part.size());
            for (int i = 0; i < part.size(); i++) {
                held.remove(lease(part.get(i).delivery().lease()));
                outcomes.add(Replies.number(answers.get(i)) == 1 ? Outcome.DONE : Outcome.STALE);
            }
            return outcomes;
        } catch (RuntimeException failed) {
            return part.stream().<Outcome>map(any -> new Outcome.Failed(failed)).toList();
        }
    }

    private List<Delivery> unextended(List<Delivery> part, Duration length, long deadlineNanos) {
        ScriptArguments arguments = new ScriptArguments().number(ScriptArguments.millis(length));
        for (Delivery delivery : part) {
            RedisLease lease = lease(delivery.lease());
            arguments.text(lease.id()).text(lease.grant());
        }
        long before = time.nanos();
        List<?> answers = Replies.list(link.eval(RedisScript.EXTEND.call(keys.common(), arguments), deadlineNanos));
        List<Delivery> kept = new ArrayList<>();
        List<Delivery> lost = new ArrayList<>();
        for (int i = 0; i < part.size(); i++) {
            (Replies.number(answers.get(i)) == 1 ? kept : lost).add(part.get(i));
        }
        held.add(kept, before);
        lost.forEach(delivery -> held.remove(lease(delivery.lease())));
        return lost;
    }

    private static void add(Settlement settlement, ScriptArguments arguments) {
        RedisLease lease = lease(settlement.delivery().lease());
        if (settlement instanceof Settlement.Later later) {
            arguments.text("L").text(lease.id()).text(lease.grant());
            arguments.start(later.start()).text(StoredProgress.write(later.progress()));
            return;
        }
        String what = settlement instanceof Settlement.Ack ? "A" : settlement instanceof Settlement.Dead ? "D" : "R";
        arguments.text(what).text(lease.id()).text(lease.grant()).start(Start.now());
        arguments.text(
                settlement instanceof Settlement.Dead dead
                        ? StoredProgress.letter(dead.reason(), dead.progress())
                        : "");
    }

    /** The engine gives back what it was given. */
    private static RedisLease lease(Lease lease) {
        if (lease instanceof RedisLease ours) {
            return ours;
        }
        throw new IllegalArgumentException("This delivery was not handed out by Redis: its lease is " + lease);
    }
}
