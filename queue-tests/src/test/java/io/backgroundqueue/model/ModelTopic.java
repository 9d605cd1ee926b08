package io.backgroundqueue.model;

import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.Scope;
import io.backgroundqueue.TopicStats;
import io.backgroundqueue.spi.Deduplication;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;

/**
 * One topic as the contract describes it: lists, looked through from end to end. It is told what the driver did, says
 * whether that was right, and follows. Where the contract leaves something open, so does the model.
 */
final class ModelTopic {
    /** An id that was taken; not for sure once its task was purged, of which the contract says nothing. */
    private record Taken(Deduplication by, String taskId, Instant until, boolean sure) {}

    private final List<ModelTask> tasks = new ArrayList<>();
    private final List<ModelTask> dead = new ArrayList<>();
    private final List<Taken> taken = new ArrayList<>();
    private final ModelOrder order = new ModelOrder();
    private Instant now;
    private long numbers;

    ModelTopic(Instant now) {
        this.now = now;
    }

    /** Time has come to {@code instant}: leases end. */
    void at(Instant instant) {
        now = instant;
        for (ModelTask task : tasks) {
            if (task.isRunning() && !task.leaseEnd.isAfter(now)) {
                task.delivery = null;
                task.waits(task.due);
            }
        }
        taken.removeIf(id -> !id.until.isAfter(now));
    }

    void sent(Envelope task, SendResult result) {
        if (tasks.stream().anyMatch(known -> known.id().equals(task.taskId()))) {
            Check.equal(result, SendResult.ACCEPTED, () -> "the result of sending a stored task again");
            return;
        }
        Optional<Taken> first = task.deduplication()
                .flatMap(asked -> taken.stream()
                        .filter(id -> id.by.id().equals(asked.id()))
                        .findFirst());
        boolean duplicate = first.isPresent() && (first.get().sure || result instanceof SendResult.Duplicate);
        SendResult expected =
                duplicate ? new SendResult.Duplicate(Optional.of(first.get().taskId)) : SendResult.ACCEPTED;
        Check.equal(result, expected, () -> "the result of sending " + task.taskId());
        if (!duplicate) {
            tasks.add(new ModelTask(task, numbers++, now));
            first.ifPresent(taken::remove);
            task.deduplication().ifPresent(by -> taken.add(new Taken(by, task.taskId(), now.plus(by.window()), true)));
        }
    }

    /** {@code holder} got these of at most {@code max}. */
    void received(int holder, ReceiverOptions options, int max, List<Delivery> deliveries) {
        long out = tasks.stream()
                .filter(task -> task.isRunning() && task.holder == holder)
                .count();
        long room = Math.min(max, options.maxUnsettled() - out);
        Check.that(
                deliveries.size() <= room,
                () -> deliveries.size() + " tasks came where " + room + " could: " + deliveries);
        Check.that(
                !deliveries.isEmpty() || room == 0 || ready().isEmpty(),
                () -> "nothing came, while these were ready: " + ready());
        for (Delivery delivery : deliveries) {
            handedOut((Delivery.Task) delivery, holder, options.lease());
        }
    }

    private void handedOut(Delivery.Task delivery, int holder, Duration lease) {
        ModelTask task = known(delivery.envelope().taskId());
        order.handOut(task, ready());
        Check.equal(delivery.envelope(), task.envelope, () -> "the envelope of " + task);
        Check.equal(delivery.progress(), task.progress, () -> "the progress of " + task);
        Check.equal(delivery.starts().count(), task.starts, () -> "the prior starts of " + task);
        Check.that(
                !delivery.due().isBefore(task.due) && !delivery.due().isAfter(now),
                () -> task + " was handed out at " + now + " as due since " + delivery.due());
        task.state = ModelTask.State.RUNNING;
        task.starts++;
        task.delivery = delivery;
        task.holder = holder;
        task.leaseEnd = now.plus(lease);
        task.holdsKey = true;
        tasks.forEach(other -> other.passed(task));
    }

    void settled(Settlement settlement, Outcome outcome) {
        Optional<ModelTask> held = held(settlement.delivery());
        Check.equal(outcome, held.isPresent() ? Outcome.DONE : Outcome.STALE, () -> "the outcome of " + settlement);
        held.ifPresent(task -> settle(task, settlement));
    }

    private void settle(ModelTask task, Settlement settlement) {
        task.delivery = null;
        if (settlement instanceof Settlement.Later later) {
            task.progress = later.progress();
            task.starts = 0;
            task.waits(later.start().resolve(now));
        } else if (settlement instanceof Settlement.Dead died) {
            task.state = ModelTask.State.DEAD;
            task.progress = died.progress();
            task.reason = died.reason();
            task.diedAt = now;
            task.holdsKey = false;
            dead.add(task);
        } else if (settlement instanceof Settlement.Release) {
            task.starts--;
            task.waits(task.due);
        } else {
            tasks.remove(task);
        }
    }

    /** A receiver asked to extend these, and was told that those are lost. */
    void extended(List<Delivery> asked, List<Delivery> lost, Duration lease) {
        List<Delivery> expected =
                asked.stream().filter(delivery -> held(delivery).isEmpty()).toList();
        Check.equal(Set.copyOf(lost), Set.copyOf(expected), () -> "the lost leases of " + asked);
        asked.forEach(delivery -> held(delivery).ifPresent(task -> task.leaseEnd = now.plus(lease)));
    }

    void cancelled(String taskId, boolean done) {
        Optional<ModelTask> task = tasks.stream()
                .filter(known -> known.id().equals(taskId) && known.isWaiting())
                .findFirst();
        Check.equal(done, task.isPresent(), () -> "whether " + taskId + " was cancelled");
        task.ifPresent(tasks::remove);
        task.ifPresent(gone -> taken.removeIf(id -> id.taskId.equals(gone.id())));
    }

    void purged(Scope scope, long count) {
        Predicate<ModelTask> which = scope == Scope.READY ? ModelTask::isWaiting : ModelTask::isDead;
        List<ModelTask> gone = tasks.stream().filter(which).toList();
        Check.equal(count, (long) gone.size(), () -> "how many were purged of " + scope);
        tasks.removeAll(gone);
        dead.removeAll(gone);
        if (scope == Scope.READY) {
            gone.forEach(task -> taken.replaceAll(
                    id -> id.taskId.equals(task.id()) ? new Taken(id.by, id.taskId, id.until, false) : id));
        }
    }

    void replayed(List<DeadLetter> letters, int count) {
        List<ModelTask> again = of(letters);
        Check.equal(count, again.size(), () -> "how many were replayed of " + letters);
        for (ModelTask task : again) {
            List<ModelTask> ready =
                    tasks.stream().filter(other -> other.isDue(now)).toList();
            dead.remove(task);
            task.progress = Progress.replay();
            task.starts = 0;
            task.number = numbers++;
            task.waits(now);
            task.standBehind(ready);
        }
    }

    void purged(List<DeadLetter> letters, int count) {
        List<ModelTask> gone = of(letters);
        Check.equal(count, gone.size(), () -> "how many letters were purged of " + letters);
        tasks.removeAll(gone);
        dead.removeAll(gone);
    }

    void checkStats(TopicStats stats) {
        long waiting = tasks.stream().filter(ModelTask::isWaiting).count();
        long running = tasks.stream().filter(ModelTask::isRunning).count();
        long due = tasks.stream().filter(task -> task.isDue(now)).count();
        long ready = stats.ready().orElseThrow();
        List<ModelTask> mayStart = ready();
        Check.that(
                mayStart.size() <= ready && ready <= due,
                () -> ready + " are ready, says the driver; " + mayStart.size() + ", says the model, and " + due
                        + " with those that wait for their key");
        Check.equal(stats.delayed(), OptionalLong.of(waiting - ready), () -> "how many are delayed");
        Check.equal(stats.running(), OptionalLong.of(running), () -> "how many run");
        Check.equal(stats.dead(), OptionalLong.of(dead.size()), () -> "how many are dead");
        Check.equal(
                stats.oldestReady(),
                mayStart.stream().map(task -> Duration.between(task.due, now)).max(Comparator.naturalOrder()),
                () -> "the age of the oldest ready task");
    }

    void checkLetters(List<DeadLetter> letters) {
        Check.equal(
                letters.stream().map(DeadLetter::id).toList(),
                dead.stream().map(ModelTask::id).toList(),
                () -> "the dead letters");
        for (int i = 0; i < letters.size(); i++) {
            DeadLetter letter = letters.get(i);
            Check.equal(letter, letter(dead.get(i), letter.diedAt()), () -> "the letter of " + letter.id());
            Check.that(
                    letter.diedAt().isEmpty() || letter.diedAt().equals(Optional.of(known(letter.id()).diedAt)),
                    () -> letter.id() + " died at " + known(letter.id()).diedAt + ", its letter says otherwise: "
                            + letter.diedAt());
        }
    }

    private static DeadLetter letter(ModelTask task, Optional<Instant> diedAt) {
        Envelope envelope = task.envelope;
        return new DeadLetter(
                task.id(),
                envelope.topic(),
                Objects.requireNonNull(task.reason),
                task.progress.lastError(),
                task.progress.failures(),
                task.progress.interruptions(),
                envelope.attempts(),
                envelope.priority(),
                Optional.of(envelope.enqueuedAt()),
                diedAt,
                envelope.headers(),
                envelope.payload());
    }

    /** What has neither ended nor died, by id. */
    List<Envelope> alive() {
        return tasks.stream()
                .filter(task -> !task.isDead())
                .map(task -> task.envelope)
                .toList();
    }

    /** How many tasks are stored, letters included. */
    int size() {
        return tasks.size();
    }

    private List<ModelTask> ready() {
        return ModelOrder.ready(tasks, now);
    }

    private Optional<ModelTask> held(Delivery delivery) {
        return tasks.stream()
                .filter(task -> task.delivery != null && task.delivery.equals(delivery))
                .findFirst();
    }

    private List<ModelTask> of(List<DeadLetter> letters) {
        return letters.stream()
                .flatMap(letter -> dead.stream().filter(task -> task.id().equals(letter.id())))
                .toList();
    }

    private ModelTask known(String id) {
        return tasks.stream()
                .filter(task -> task.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new AssertionError(
                        id + " came, which is not stored: it was never accepted, or has" + " ended"));
    }
}
