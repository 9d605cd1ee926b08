package io.backgroundqueue.inmemory;

import io.backgroundqueue.Capabilities.Precision;
import io.backgroundqueue.Time;
import io.backgroundqueue.inmemory.StoredTask.State;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.PriorStarts;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The tasks that run, by the end of their leases. A lease ends on time, whether or not somebody else wants the task:
 * what is settled later is refused, always. Guarded by the topic's lock.
 */
final class Leases {
    private final Time time;
    private final LongSupplier tokens;
    private final TreeSet<StoredTask> running = new TreeSet<>(StoredTask.BY_LEASE_END);

    /** @param tokens numbers never used twice in one broker */
    Leases(Time time, LongSupplier tokens) {
        this.time = time;
        this.tokens = tokens;
    }

    /** Hands a task out, with a new token. */
    Delivery grant(StoredTask task, Claimant claimant, Moment now) {
        PriorStarts starts = new PriorStarts(task.starts++, Precision.EXACT);
        task.state = State.RUNNING;
        task.token = tokens.getAsLong();
        task.leaseEnd = time.deadline(claimant.options.lease());
        task.holder = claimant;
        claimant.out++;
        running.add(task);
        return new Delivery.Task(
                task.envelope, task.due.instant(now), task.progress, starts, new Token(task.id(), task.token));
    }

    void renew(StoredTask task, Duration lease) {
        running.remove(task);
        task.leaseEnd = time.deadline(lease);
        running.add(task);
    }

    void end(StoredTask task) {
        running.remove(task);
        task.state = State.WAITING;
        if (task.holder != null) {
            task.holder.out--;
            task.holder = null;
        }
    }

    /** Ends the lease that has run out for longest, and answers its task; null if none has. */
    @Nullable
    StoredTask pollEnded(Moment now) {
        if (running.isEmpty() || running.first().leaseEnd - now.timer() > 0) {
            return null;
        }
        StoredTask task = running.first();
        end(task);
        return task;
    }

    int size() {
        return running.size();
    }

    /** The nanoseconds until the next lease ends. */
    OptionalLong untilNext(Moment now) {
        return running.isEmpty() ? OptionalLong.empty() : OptionalLong.of(running.first().leaseEnd - now.timer());
    }
}
