package io.backgroundqueue.rabbitmq;

import com.rabbitmq.client.AlreadyClosedException;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Settlement;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Turns verdicts into acknowledgements, and into copies that are confirmed before the original is acknowledged. What fails
 * so that the engine gives it up is kept for the time of a lease, and then handed out again.
 */
final class Settler {
    private record Lapsing(Held held, long atNanos) {}

    private final String topic;
    private final Publisher publisher;
    private final Messages messages;
    private final Time time;
    private final Duration lease;
    private final Queue<Lapsing> lapsing = new ConcurrentLinkedQueue<>();

    Settler(String topic, RabbitMQParts parts, Duration lease) {
        this.topic = topic;
        this.publisher = parts.publisher();
        this.messages = parts.messages();
        this.time = parts.time();
        this.lease = lease;
    }

    /** What may be done at once goes first: nobody's acknowledgement waits for somebody's copy. */
    List<Outcome> settle(List<Settlement> batch, long deadlineNanos) throws InterruptedException {
        Outcome[] outcomes = new Outcome[batch.size()];
        Arrays.fill(outcomes, Outcome.STALE);
        Map<Held, Integer> acks = new LinkedHashMap<>();
        Map<Held, Integer> copied = new LinkedHashMap<>();
        for (int i = 0; i < batch.size(); i++) {
            Settlement settlement = batch.get(i);
            Held held = (Held) settlement.delivery().lease();
            if (held.claim()) {
                (settlement instanceof Settlement.Ack ? acks : copied).put(held, i);
            }
        }
        acknowledge(acks, outcomes);
        if (!copied.isEmpty()) {
            copy(copied, batch, outcomes, deadlineNanos);
        }
        return Arrays.asList(outcomes);
    }

    /**
     * Gives back what was never handed out. The broker does, and counts it: that is borne once, for the task keeps its place.
     * From then on a copy goes behind the others, which counts nothing.
     */
    void giveBack(List<Held> buffered, long deadlineNanos) throws InterruptedException {
        List<Held> claimed = buffered.stream().filter(Held::claimBuffered).toList();
        Map<Boolean, List<Held>> fresh = new HashMap<>();
        claimed.forEach(held -> fresh.computeIfAbsent(held.starts() == 0, any -> new ArrayList<>())
                .add(held));
        requeue(fresh.getOrDefault(true, List.of()));
        List<Held> charged = fresh.getOrDefault(false, List.of());
        if (charged.isEmpty()) {
            return;
        }
        List<Optional<RabbitMQFailure>> failures;
        try {
            failures = publisher.publish(
                    publisher.wire(deadlineNanos), charged, held -> messages.back(topic, held), deadlineNanos);
        } catch (RabbitMQFailure unreachable) {
            // The broker takes them back all the same, and counts.
            failures = Collections.nCopies(charged.size(), Optional.of(unreachable));
        }
        for (int i = 0; i < charged.size(); i++) {
            Held held = charged.get(i);
            told(held.lane, List.of(held), failures.get(i).isEmpty() ? LaneConsumer::ack : LaneConsumer::requeue);
        }
    }

    /** Has handed out again what the engine gave up a lease ago. */
    void lapse() {
        for (Lapsing next = lapsing.peek(); next != null && next.atNanos - time.nanos() <= 0; next = lapsing.peek()) {
            lapsing.poll();
            requeue(List.of(next.held));
        }
    }

    private void copy(Map<Held, Integer> copied, List<Settlement> batch, Outcome[] outcomes, long deadlineNanos)
            throws InterruptedException {
        List<Held> originals = List.copyOf(copied.keySet());
        List<Optional<RabbitMQFailure>> failures;
        try {
            failures = publisher.publish(
                    publisher.wire(deadlineNanos),
                    originals,
                    held -> copy(batch.get(copied.getOrDefault(held, 0)), held, deadlineNanos),
                    deadlineNanos);
        } catch (RabbitMQFailure unreachable) {
            failures = Collections.nCopies(originals.size(), Optional.of(unreachable));
        }
        Map<Held, Integer> confirmed = new LinkedHashMap<>();
        for (int i = 0; i < originals.size(); i++) {
            Held held = originals.get(i);
            int at = copied.getOrDefault(held, 0);
            failures.get(i)
                    .ifPresentOrElse(failure -> failed(held, at, failure, outcomes), () -> confirmed.put(held, at));
        }
        acknowledge(confirmed, outcomes);
    }

    private Outgoing copy(Settlement settlement, Held held, long deadlineNanos)
            throws RabbitMQFailure, InterruptedException {
        if (settlement instanceof Settlement.Later later) {
            return messages.again(later.delivery().envelope(), later.progress(), later.start(), deadlineNanos);
        }
        if (settlement instanceof Settlement.Dead dead) {
            return dead.delivery() instanceof Delivery.Task task
                    ? messages.letter(task.envelope(), dead.progress(), dead.reason(), deadlineNanos)
                    : messages.letter(topic, held.message, dead.progress(), dead.reason(), deadlineNanos);
        }
        return messages.back(topic, held);
    }

    private void failed(Held held, int at, RabbitMQFailure failure, Outcome[] outcomes) {
        outcomes[at] = new Outcome.Failed(failure);
        if (failure.isNothingDone()) {
            held.unclaim();
        } else {
            lapsing.add(new Lapsing(held, time.deadline(lease)));
        }
    }

    private interface Telling {
        void tell(LaneConsumer lane, Collection<Held> claimed) throws IOException;
    }

    private static void acknowledge(Map<Held, Integer> claimed, Outcome[] outcomes) {
        Map<LaneConsumer, List<Held>> byLane = new HashMap<>();
        claimed.keySet()
                .forEach(held -> byLane.computeIfAbsent(held.lane, any -> new ArrayList<>())
                        .add(held));
        byLane.forEach((lane, all) -> {
            Outcome otherwise = told(lane, all, LaneConsumer::ack);
            all.forEach(held ->
                    outcomes[claimed.getOrDefault(held, 0)] = lane.unsettled().has(held) ? otherwise : Outcome.DONE);
        });
    }

    private static Outcome told(LaneConsumer lane, List<Held> claimed, Telling telling) {
        try {
            telling.tell(lane, claimed);
            return Outcome.DONE;
        } catch (AlreadyClosedException lost) {
            return Outcome.STALE;
        } catch (IOException | RuntimeException unknown) {
            return new Outcome.Failed(unknown);
        }
    }

    private static void requeue(List<Held> claimed) {
        claimed.forEach(held -> told(held.lane, List.of(held), LaneConsumer::requeue));
    }
}
