package io.backgroundqueue.inmemory;

import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Progress;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/** A task and all that changes about it. Guarded by its topic's lock. */
final class StoredTask {
    /** The order in which tasks of a level, or of an ordering key, are handed out. */
    static final Comparator<StoredTask> BY_POSITION = Comparator.comparingLong(task -> task.position);

    /** Differences instead of values: a timer may pass the largest long, its distances do not. */
    static final Comparator<StoredTask> BY_DUE = ((Comparator<StoredTask>)
                    (a, b) -> Long.compare(a.due.nanos() - b.due.nanos(), 0))
            .thenComparing(BY_POSITION);

    static final Comparator<StoredTask> BY_LEASE_END =
            ((Comparator<StoredTask>) (a, b) -> Long.compare(a.leaseEnd - b.leaseEnd, 0)).thenComparing(BY_POSITION);

    /** What a task is doing. */
    enum State {
        WAITING,
        RUNNING,
        DEAD
    }

    final Envelope envelope;
    State state = State.WAITING;
    Due due;
    Progress progress = Progress.NONE;
    /** How often it was handed out since the last stored verdict. */
    int starts;
    /** Unique; kept while the task runs, so that it can go back to where it was. */
    long position;

    // Only while it runs.
    long token;
    long leaseEnd;

    @Nullable
    Claimant holder;

    StoredTask(Envelope envelope, Due due) {
        this.envelope = envelope.started();
        this.due = due;
    }

    String id() {
        return envelope.taskId();
    }

    long bytes() {
        return envelope.payload().size();
    }
}
