package io.backgroundqueue.inmemory;

import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.Scope;
import io.backgroundqueue.Time;
import io.backgroundqueue.TopicStats;
import io.backgroundqueue.inmemory.StoredTask.State;
import io.backgroundqueue.spi.Deduplication;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.Lease;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * One topic. Every operation takes the lock, lets the time that has passed take effect (leases end, tasks become due,
 * deduplication ids are forgotten), and does its work; each task costs O(log n) in each of these, so an operation costs
 * that much for its own tasks and for those that time has moved since the last one. Thread-safe.
 */
final class TopicStore {
    private final Time time;
    private final Capacity capacity;
    private final Optional<Duration> retention;
    private final LongSupplier sequence;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /** All there is, in order of acceptance. Each task is also in the backlog, in the leases or among the dead. */
    private final Map<String, StoredTask> stored = new LinkedHashMap<>();

    private final Backlog backlog;
    private final Leases leases;
    private final TreeMap<Long, Letter> dead = new TreeMap<>();
    /** Deduplication id to the id of the task that took it. */
    private final ExpiringMap<String, String> remembered = new ExpiringMap<>();

    /**
     * @param retention how long dead letters are kept; empty for ever
     * @param sequence growing numbers, never used twice in one broker
     */
    TopicStore(Time time, Capacity capacity, Optional<Duration> retention, LongSupplier sequence) {
        this.time = time;
        this.capacity = capacity;
        this.retention = retention;
        this.sequence = sequence;
        this.backlog = new Backlog(sequence);
        this.leases = new Leases(time, sequence);
    }

    SendResult send(Envelope envelope) {
        return locked(now -> accept(envelope, now));
    }

    /** Waits until there is a task for the claimant, it is woken or closed, or the deadline passes. */
    List<Delivery> receive(Claimant claimant, int max, long deadlineNanos) throws InterruptedException {
        lock.lock();
        try {
            while (true) {
                Moment now = advance();
                List<Delivery> taken = claimant.closed ? List.of() : claim(claimant, max, now);
                if (!taken.isEmpty() || claimant.woken || claimant.closed || now.timer() - deadlineNanos >= 0) {
                    claimant.woken = false;
                    return taken;
                }
                time.await(lock, changed, nextLook(now, deadlineNanos));
            }
        } finally {
            lock.unlock();
        }
    }

    List<Outcome> settle(List<Settlement> batch) {
        return locked(now -> {
            List<Outcome> outcomes = new ArrayList<>(batch.size());
            batch.forEach(settlement -> outcomes.add(settle(settlement, now)));
            changed.signalAll();
            return outcomes;
        });
    }

    /** Renews the leases of what is held; answers what is not held any more. */
    List<Delivery> extend(List<Delivery> deliveries, Duration lease) {
        return locked(now -> {
            List<Delivery> lost = new ArrayList<>();
            for (Delivery delivery : deliveries) {
                StoredTask task = held(delivery.lease());
                if (task == null) {
                    lost.add(delivery);
                } else {
                    leases.renew(task, lease);
                }
            }
            return lost;
        });
    }

    /** Lets the claimant's receive return, the current or the next one. */
    void wake(Claimant claimant) {
        signal(() -> claimant.woken = true);
    }

    /** Lets the claimant claim nothing more. What it holds stays out until it is settled or its lease ends. */
    void close(Claimant claimant) {
        signal(() -> claimant.closed = true);
    }

    /** A task that waits for its turn behind an ordering key may not start now: it counts as delayed. */
    TopicStats stats() {
        return locked(now -> {
            OptionalLong oldest = backlog.oldestReady(now);
            return new TopicStats(
                    OptionalLong.of(backlog.readyCount()),
                    OptionalLong.of(stored.size() - backlog.readyCount() - leases.size() - dead.size()),
                    OptionalLong.of(leases.size()),
                    OptionalLong.of(dead.size()),
                    oldest.isEmpty() ? Optional.empty() : Optional.of(Duration.ofNanos(oldest.getAsLong())));
        });
    }

    boolean cancel(String taskId) {
        return locked(now -> {
            StoredTask task = stored.get(taskId);
            if (task == null || task.state != State.WAITING) {
                return false;
            }
            withdraw(task);
            changed.signalAll();
            return true;
        });
    }

    long purge(Scope scope) {
        return locked(now -> {
            State state = scope == Scope.READY ? State.WAITING : State.DEAD;
            List<StoredTask> all =
                    stored.values().stream().filter(task -> task.state == state).toList();
            all.forEach(state == State.WAITING ? this::withdraw : this::bury);
            return (long) all.size();
        });
    }

    /** The dead letters with numbers above {@code after}, up to {@code last}. */
    List<Letter> letters(long after, long last, int max) {
        return locked(now -> dead.tailMap(after, false).values().stream()
                .takeWhile(letter -> letter.number() <= last)
                .limit(max)
                .toList());
    }

    int replay(List<DeadLetter> letters) {
        return locked(now -> {
            List<StoredTask> tasks = dead(letters);
            for (StoredTask task : tasks) {
                dead.remove(task.position);
                task.progress = Progress.replay();
                wait(task, Due.now(now), now);
            }
            changed.signalAll();
            return tasks.size();
        });
    }

    int purge(List<DeadLetter> letters) {
        return locked(now -> {
            List<StoredTask> tasks = dead(letters);
            tasks.forEach(this::bury);
            return tasks.size();
        });
    }

    /** What is stored, in order of acceptance: waiting, running and dead. */
    List<Envelope> envelopes() {
        return locked(now -> stored.values().stream().map(task -> task.envelope).toList());
    }

    /** The nanoseconds until time alone changes something: a task becomes due or a lease ends. */
    OptionalLong untilNextChange() {
        return locked(this::untilNextChange);
    }

    private <T> T locked(Function<Moment, T> operation) {
        lock.lock();
        try {
            return operation.apply(advance());
        } finally {
            lock.unlock();
        }
    }

    private void signal(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private Moment advance() {
        Moment now = Moment.of(time);
        remembered.expire(now.timer());
        for (StoredTask task = leases.pollEnded(now); task != null; task = leases.pollEnded(now)) {
            backlog.restore(task);
        }
        backlog.promote(now);
        expireLetters(now);
        return now;
    }

    /** The oldest letters come first, so this costs nothing while none is over its time. */
    private void expireLetters(Moment now) {
        if (retention.isEmpty()) {
            return;
        }
        long most = retention.get().toNanos();
        while (!dead.isEmpty() && now.timer() - dead.firstEntry().getValue().diedNanos() >= most) {
            bury(Objects.requireNonNull(
                    stored.get(dead.firstEntry().getValue().content().id())));
        }
    }

    private SendResult accept(Envelope envelope, Moment now) {
        String id = envelope.taskId();
        if (stored.containsKey(id)) {
            return SendResult.ACCEPTED;
        }
        Deduplication deduplication = envelope.deduplication().orElse(null);
        String first = deduplication == null ? null : remembered.get(deduplication.id());
        if (first != null) {
            return first.equals(id) ? SendResult.ACCEPTED : new SendResult.Duplicate(Optional.of(first));
        }
        if (deduplication != null && remembered.size() >= capacity.maxIds()) {
            return new SendResult.Failed(ErrorClass.THROTTLED, capacity.tooManyIds(id, envelope.topic()));
        }
        StoredTask task = new StoredTask(envelope, Due.of(envelope.start(), now, time));
        if (!capacity.take(task.bytes())) {
            return new SendResult.Failed(ErrorClass.THROTTLED, capacity.full(id, task.bytes()));
        }
        stored.put(id, task);
        if (deduplication != null) {
            remembered.put(deduplication.id(), id, time.deadline(deduplication.window()));
        }
        wait(task, task.due, now);
        changed.signalAll();
        return SendResult.ACCEPTED;
    }

    private List<Delivery> claim(Claimant claimant, int max, Moment now) {
        List<Delivery> taken = new ArrayList<>();
        long bytes = claimant.options.maxBytes();
        int most = Math.min(max, claimant.options.maxUnsettled() - claimant.out);
        while (taken.size() < most) {
            StoredTask task = backlog.poll(taken.isEmpty() ? Long.MAX_VALUE : bytes);
            if (task == null) {
                break;
            }
            bytes -= task.bytes();
            taken.add(leases.grant(task, claimant, now));
        }
        return taken;
    }

    private Outcome settle(Settlement settlement, Moment now) {
        StoredTask task = held(settlement.delivery().lease());
        if (task == null) {
            return Outcome.STALE;
        }
        leases.end(task);
        if (settlement instanceof Settlement.Release) {
            task.starts--;
            backlog.restore(task);
        } else if (settlement instanceof Settlement.Later later) {
            task.progress = later.progress();
            wait(task, Due.of(later.start(), now, time), now);
        } else if (settlement instanceof Settlement.Dead died) {
            die(task, died, now);
        } else {
            backlog.end(task);
            forget(task);
        }
        return Outcome.DONE;
    }

    /** The task whose current lease this is; null if it was lost. */
    private @Nullable StoredTask held(Lease lease) {
        if (!(lease instanceof Token token)) {
            return null;
        }
        StoredTask task = stored.get(token.taskId());
        return task != null && task.state == State.RUNNING && task.token == token.number() ? task : null;
    }

    /** After a verdict, or without ever having run: behind the ready ones, and starts count anew. */
    private void wait(StoredTask task, Due due, Moment now) {
        task.state = State.WAITING;
        task.starts = 0;
        backlog.add(task, due, now);
    }

    private void die(StoredTask task, Settlement.Dead died, Moment now) {
        backlog.end(task);
        task.state = State.DEAD;
        task.progress = died.progress();
        task.position = sequence.getAsLong();
        dead.put(task.position, Letter.of(task, died.reason(), now));
    }

    /** Deletes a task that waits, as if it had never been sent. */
    private void withdraw(StoredTask task) {
        backlog.remove(task);
        task.envelope
                .deduplication()
                .map(Deduplication::id)
                .filter(id -> task.id().equals(remembered.get(id)))
                .ifPresent(remembered::remove);
        forget(task);
    }

    /** Deletes a dead task. */
    private void bury(StoredTask task) {
        dead.remove(task.position);
        forget(task);
    }

    private void forget(StoredTask task) {
        stored.remove(task.id());
        capacity.give(task.bytes());
    }

    private List<StoredTask> dead(List<DeadLetter> letters) {
        return letters.stream()
                .map(letter -> stored.get(letter.id()))
                .filter(task -> task != null && task.state == State.DEAD)
                .distinct()
                .toList();
    }

    private OptionalLong untilNextChange(Moment now) {
        return LongStream.concat(leases.untilNext(now).stream(), backlog.untilNext(now).stream())
                .min();
    }

    private long nextLook(Moment now, long deadlineNanos) {
        long untilDeadline = deadlineNanos - now.timer();
        return now.timer() + Math.min(untilDeadline, untilNextChange(now).orElse(untilDeadline));
    }
}
