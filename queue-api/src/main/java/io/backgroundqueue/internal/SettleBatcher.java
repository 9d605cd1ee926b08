package io.backgroundqueue.internal;

import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Duty;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Stores verdicts in batches. What fails waits aside, so that it holds up nothing behind it; the lease of every delivery
 * is kept until its verdict is stored or given up.
 */
final class SettleBatcher implements Duty {
    private static final int BATCH = 500;
    private static final Duration REST = Duration.ofHours(1);
    private static final Duration RETRY = Duration.ofMillis(200);

    private final EngineContext context;
    private final String topic;
    private final Receiver receiver;
    private final Slots slots;
    private final LeaseClock leases;
    private final Time time;
    private final WorkerParts.Wake wake = new WorkerParts.Wake();
    private final WorkerParts.Wake freed;
    private final Queue<Item> ready = new ConcurrentLinkedQueue<>();
    private final PriorityQueue<Item> aside = new PriorityQueue<>(Comparator.comparingLong(item -> item.notBefore));
    private final Set<TaskRun<?>> held = ConcurrentHashMap.newKeySet();
    private final AtomicInteger finished = new AtomicInteger();
    private final AtomicInteger released = new AtomicInteger();
    private volatile boolean hurried;

    SettleBatcher(EngineContext context, WorkerSpec<?> spec, Receiver receiver, Slots slots, WorkerParts.Wake freed) {
        this.context = context;
        this.topic = spec.topic();
        this.leases = new LeaseClock(context, spec.lease());
        this.receiver = receiver;
        this.slots = slots;
        this.time = context.time();
        this.freed = freed;
    }

    private static final class Item {
        final TaskRun<?> run;
        final Verdict verdict;
        long notBefore;
        boolean outcomeUnknown;
        boolean failed;

        Item(TaskRun<?> run, Verdict verdict, long notBefore) {
            this.run = run;
            this.verdict = verdict;
            this.notBefore = notBefore;
        }
    }

    /** Notes a delivery that is out. */
    void hold(TaskRun<?> run) {
        held.add(run);
    }

    /** All deliveries whose lease has to be kept. */
    Collection<TaskRun<?>> held() {
        return held;
    }

    /** Takes a verdict in; it is stored soon. */
    void add(TaskRun<?> run, Verdict verdict) {
        ready.add(new Item(run, verdict, time.deadline(verdict.holdBack())));
        wake.wake();
    }

    /** Leaves a delivery to its lease. */
    void giveUp(TaskRun<?> run) {
        if (held.remove(run)) {
            slots.settled();
            freed.wake();
        }
    }

    /** Stores what was held back at once, from now on. */
    void hurry() {
        hurried = true;
        wake.wake();
    }

    LeaseClock leases() {
        return leases;
    }

    WorkerParts.Wake wakeUp() {
        return wake;
    }

    /** How many runs have got a verdict that is stored. */
    int finished() {
        return finished.get();
    }

    /** How many deliveries were given back. */
    int released() {
        return released.get();
    }

    @Override
    public String name() {
        return "settle";
    }

    @Override
    public Duration turn() {
        List<Item> batch = next();
        if (batch.isEmpty()) {
            return aside.isEmpty() ? REST : time.until(aside.element().notBefore);
        }
        List<Outcome> outcomes = settle(batch);
        for (int i = 0; i < batch.size(); i++) {
            apply(outcomes.get(i), batch.get(i));
        }
        freed.wake();
        return Duration.ZERO;
    }

    private List<Item> next() {
        List<Item> batch = new ArrayList<>();
        long now = time.nanos();
        while (batch.size() < BATCH && !aside.isEmpty() && (aside.element().notBefore <= now)) {
            take(aside.remove(), batch);
        }
        if (hurried) {
            takeHeldBack(batch);
        }
        for (Item item = poll(batch); item != null; item = poll(batch)) {
            if (item.notBefore > now && !hurried) {
                aside.add(item);
            } else {
                take(item, batch);
            }
        }
        return batch;
    }

    private @Nullable Item poll(List<Item> batch) {
        return batch.size() < BATCH ? ready.poll() : null;
    }

    /** What was only held back goes now; what failed keeps its pause. */
    private void takeHeldBack(List<Item> batch) {
        List<Item> heldBack = aside.stream().filter(item -> !item.failed).toList();
        aside.removeAll(heldBack);
        heldBack.forEach(item -> take(item, batch));
    }

    /** Adds an item to the batch, unless its lease is known to be lost: then nothing may be changed. */
    private void take(Item item, List<Item> batch) {
        if (leases.lost(item.run)) {
            giveUp(item.run);
        } else {
            item.run.settling(true);
            batch.add(item);
        }
    }

    private List<Outcome> settle(List<Item> batch) {
        List<Settlement> settlements =
                batch.stream().map(item -> item.verdict.settlement()).toList();
        try {
            List<Outcome> outcomes = receiver.settle(settlements);
            if (outcomes.size() == batch.size()) {
                return outcomes;
            }
            return all(
                    batch,
                    new IllegalStateException(
                            "the driver answered " + outcomes.size() + " outcomes for a batch of " + batch.size()));
        } catch (Exception failure) {
            return all(batch, failure);
        } catch (Error failure) {
            return all(batch, new IllegalStateException(failure));
        }
    }

    private static List<Outcome> all(List<Item> batch, Exception failure) {
        return batch.stream().<Outcome>map(item -> new Outcome.Failed(failure)).toList();
    }

    private void apply(Outcome outcome, Item item) {
        if (outcome instanceof Outcome.Failed failed) {
            failed(item, failed.error());
        } else if (outcome instanceof Outcome.Stale && !item.outcomeUnknown) {
            item.run.leaseLost();
            giveUp(item.run);
        } else {
            count(item.verdict.settlement());
            giveUp(item.run);
            item.verdict.told().ifPresent(context.events()::on);
        }
    }

    private void count(Settlement settlement) {
        (settlement instanceof Settlement.Release ? released : finished).incrementAndGet();
    }

    private void failed(Item item, Exception error) {
        item.run.settling(false);
        ErrorClass errorClass = context.classify(error);
        boolean again = mayRepeat(item.verdict.settlement(), errorClass);
        if (item.run.delivery instanceof Delivery.Task task) {
            context.events()
                    .on(new TaskEvent.SettleFailed(topic, task.envelope().taskId(), Errors.clean(error), again));
        }
        if (again) {
            item.outcomeUnknown |= errorClass == ErrorClass.OUTCOME_UNKNOWN;
            item.notBefore = time.deadline(RETRY);
            item.failed = true;
            aside.add(item);
        } else {
            giveUp(item.run);
        }
    }

    /**
     * A copy that may have been made is not made again: the lease runs out instead. What an operator has to mend, as a disk
     * that is full, may be mended before that.
     */
    private boolean mayRepeat(Settlement settlement, ErrorClass errorClass) {
        return switch (errorClass) {
            case TRANSIENT, THROTTLED, MISCONFIGURED -> true;
            case OUTCOME_UNKNOWN ->
                context.fencedByStore()
                        || settlement instanceof Settlement.Ack
                        || settlement instanceof Settlement.Release;
            case REFUSED, CLOSED -> false;
        };
    }
}
