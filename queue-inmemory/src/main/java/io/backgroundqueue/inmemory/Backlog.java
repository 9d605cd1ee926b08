package io.backgroundqueue.inmemory;

import java.util.List;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The tasks of a topic that wait: for their time, for their turn behind an ordering key, or for a worker. Guarded by the
 * topic's lock.
 */
final class Backlog {
    private final Delays delays = new Delays();
    private final KeyLines lines = new KeyLines();
    private final ReadyLevels ready = new ReadyLevels();
    private final LongSupplier sequence;

    /** @param sequence growing numbers */
    Backlog(LongSupplier sequence) {
        this.sequence = sequence;
    }

    /** Takes a task in behind all that are ready, to start when {@code due}. */
    void add(StoredTask task, Due due, Moment now) {
        task.due = due;
        task.position = sequence.getAsLong();
        if (due.reached(now)) {
            restore(task);
        } else {
            delays.add(task);
        }
    }

    /** Takes a task back in, at its old position. */
    void restore(StoredTask task) {
        if (lines.enter(task)) {
            ready.add(task);
        }
    }

    /** Makes all tasks ready whose time has come, in the order in which it came. */
    void promote(Moment now) {
        for (StoredTask task = delays.poll(now); task != null; task = delays.poll(now)) {
            add(task, task.due, now);
        }
    }

    /** Takes out the next task to run; null if there is none, or if it is larger than {@code most} bytes. */
    @Nullable
    StoredTask poll(long most) {
        return ready.poll(most);
    }

    /** Ends a task that {@link #poll} took out: the next of its ordering key may start. */
    void end(StoredTask task) {
        StoredTask next = lines.leave(task);
        if (next != null) {
            ready.add(next);
        }
    }

    /** Ends a task that waits. */
    void remove(StoredTask task) {
        if (!delays.remove(task)) {
            ready.remove(task);
        }
        end(task);
    }

    int readyCount() {
        return ready.size();
    }

    /** How many nanoseconds the oldest ready task has been waiting. */
    OptionalLong oldestReady(Moment now) {
        List<StoredTask> heads = ready.heads();
        return heads.stream()
                .mapToLong(task -> Math.max(0, task.due.overdue(now)))
                .max();
    }

    /** The nanoseconds until the next task is due. */
    OptionalLong untilNext(Moment now) {
        return delays.untilNext(now);
    }
}
