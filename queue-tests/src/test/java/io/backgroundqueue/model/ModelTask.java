package io.backgroundqueue.model;

import io.backgroundqueue.DeadReason;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Progress;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A task as the contract knows it. */
final class ModelTask {
    enum State {
        WAITING,
        RUNNING,
        DEAD
    }

    final Envelope envelope;
    State state = State.WAITING;
    Progress progress = Progress.NONE;
    /** How often it was handed out since the last verdict. */
    int starts;
    /** The order of acceptance; a replay is a new one. */
    long number;
    /** When it may start. */
    Instant due;
    /** Whether it was sent to start later. */
    final boolean delayed;
    /** Whether it was never delayed, handed out or replayed: the order of others is not promised. */
    boolean fresh;
    /** Whether it was handed out and is neither done nor dead: nobody else of its key may be. */
    boolean holdsKey;

    /** What was ready when it was replayed, and was not handed out since. */
    private final Set<ModelTask> ahead = Collections.newSetFromMap(new IdentityHashMap<>());

    // While it runs.
    Delivery.@Nullable Task delivery;
    int holder;
    Instant leaseEnd = Instant.MIN;

    // When it is dead.
    @Nullable
    DeadReason reason;

    Instant diedAt = Instant.MIN;

    ModelTask(Envelope envelope, long number, Instant now) {
        this.envelope = envelope.started();
        this.number = number;
        this.due = envelope.start().resolve(now);
        this.delayed = due.isAfter(now);
        this.fresh = !delayed;
    }

    String id() {
        return envelope.taskId();
    }

    boolean isWaiting() {
        return state == State.WAITING;
    }

    boolean isRunning() {
        return state == State.RUNNING;
    }

    boolean isDead() {
        return state == State.DEAD;
    }

    boolean isDue(Instant now) {
        return isWaiting() && !due.isAfter(now);
    }

    boolean sharesKeyWith(ModelTask other) {
        return other != this && key() != null && key().equals(other.key());
    }

    @Nullable
    String key() {
        return envelope.orderingKey().orElse(null);
    }

    /** Waits from now on, for another run or for its first. */
    void waits(Instant from) {
        state = State.WAITING;
        due = from;
        fresh = false;
    }

    void standBehind(Collection<ModelTask> ready) {
        ahead.clear();
        ahead.addAll(ready);
    }

    /** That one was handed out. */
    void passed(ModelTask other) {
        ahead.remove(other);
    }

    boolean mustWaitFor(ModelTask other) {
        return ahead.contains(other);
    }

    @Override
    public String toString() {
        return id() + " (" + state + (fresh ? ", fresh" : "") + ", priority " + envelope.priority() + ", key " + key()
                + ", due " + due + ")";
    }
}
