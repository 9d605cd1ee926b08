package io.backgroundqueue.internal;

import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.Time;
import io.backgroundqueue.internal.Loops.Loop;
import io.backgroundqueue.internal.PendingSend.State;
import io.backgroundqueue.spi.Duty;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Shares round trips among concurrent callers: while batches are on their way the next one fills, and an idle batcher
 * sends at once. Every caller is answered at its own deadline, whatever the driver does.
 */
final class SendBatcher {
    private static final Duration REST = Duration.ofHours(1);

    private final EngineContext context;
    private final Time time;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition room = lock.newCondition();
    private final SendBuffer buffer = new SendBuffer();
    private final Deque<Loop> idleSenders = new ArrayDeque<>();
    private final Deque<Runnable> answers = new ArrayDeque<>();
    private final List<Loop> senders = new ArrayList<>();
    private @Nullable Loop deadlines;
    private long nextDeadlineNanos = Long.MAX_VALUE;
    private boolean closed;

    SendBatcher(EngineContext context) {
        this.context = context;
        this.time = context.time();
    }

    void start() {
        lock.lock(); // a sender must not ask for work before it can be noted as idle
        try {
            int parallel = context.capabilities().limits().sendParallelism();
            for (int number = 0; number < parallel; number++) {
                senders.add(context.loops().start(new SendDuty(context, this, number), "send", false));
            }
            deadlines = context.loops().start(new Deadlines(), "send", false);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes a task in.
     *
     * @param patient whether to wait for room until the task's deadline, or to refuse at once
     */
    void add(PendingSend pending, boolean patient) throws InterruptedException {
        lock.lock();
        try {
            while (!closed && !buffer.hasRoomFor(pending)) {
                if (!patient || time.nanos() >= pending.deadlineNanos || !awaitChange(pending.deadlineNanos)) {
                    throw overloaded();
                }
            }
            if (closed) {
                throw new QueueException(Kind.CLOSED, "The queue is closed and takes no more tasks. Open a new one");
            }
            watch(pending);
            buffer.add(pending);
            wakeSender();
        } finally {
            lock.unlock();
        }
    }

    /** Fails a task whose caller waits no longer, unless it has its answer. */
    void giveUp(PendingSend pending, String ending) {
        locked(() -> fail(pending, pending.givenUp(ending)));
    }

    /** Waits until everything is answered, at most to the deadline. Callers may go on adding. */
    void flush(long deadlineNanos) throws InterruptedException {
        lock.lock();
        try {
            boolean more = true;
            while (more && buffer.size() > 0 && time.nanos() < deadlineNanos) {
                more = awaitChange(deadlineNanos);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Takes nothing more, and fails what is still under way; answers how many that were. */
    int close() {
        List<PendingSend> left = new ArrayList<>();
        locked(() -> {
            closed = true;
            left.addAll(buffer.all());
            room.signalAll();
        });
        left.forEach(pending -> giveUp(pending, "before the queue was closed"));
        List<Loop> loops = new ArrayList<>(senders);
        if (deadlines != null) {
            loops.add(deadlines);
        }
        Loops.stop(loops);
        return left.size();
    }

    /** The next batch for a sender, which is noted as idle when there is none. */
    List<PendingSend> take(int sender) {
        lock.lock();
        try {
            List<PendingSend> batch = buffer.take(context.capabilities().limits(), time.nanos());
            Loop loop = senders.get(sender);
            idleSenders.remove(loop);
            if (batch.isEmpty()) {
                idleSenders.addLast(loop);
            } else if (buffer.hasWaiting()) {
                wakeSender();
            }
            return batch;
        } finally {
            lock.unlock();
        }
    }

    /** Those whose callers still wait; from now on the driver may have stored them. */
    List<PendingSend> leaving(List<PendingSend> batch) {
        lock.lock();
        try {
            List<PendingSend> leaving = batch.stream()
                    .filter(pending -> pending.state != State.ANSWERED)
                    .toList();
            leaving.forEach(pending -> pending.withDriver = true);
            return leaving;
        } finally {
            lock.unlock();
        }
    }

    /** How long a sender that found nothing may rest. */
    Duration untilNextRetry() {
        lock.lock();
        try {
            OptionalLong next = buffer.nextRetryNanos();
            return next.isPresent() ? time.until(next.getAsLong()) : REST;
        } finally {
            lock.unlock();
        }
    }

    /** Runs {@code section} under the lock, and tells callers and listeners their answers outside it. */
    void locked(Runnable section) {
        lock.lock();
        try {
            section.run();
        } finally {
            lock.unlock();
        }
        for (Runnable answer = nextAnswer(); answer != null; answer = nextAnswer()) {
            answer.run();
        }
    }

    /** Answers the caller, unless it has its answer. Under the lock. */
    void answer(PendingSend pending, EnqueueReceipt receipt) {
        if (ended(pending)) {
            Duration took = Duration.ofNanos(time.nanos() - pending.begunNanos);
            answers.addLast(() -> {
                context.events().on(new TaskEvent.Enqueued(pending.envelope.topic(), receipt, took));
                pending.answer.complete(receipt);
            });
        }
    }

    /** Fails the caller, unless it has its answer. Under the lock. */
    void fail(PendingSend pending, QueueException error) {
        if (ended(pending)) {
            answers.addLast(() -> {
                pending.answer.completeExceptionally(error);
                context.events().on(new TaskEvent.EnqueueFailed(pending.envelope.topic(), error));
            });
        }
    }

    /** Tries again after a pause, unless the caller has its answer. Under the lock. */
    void again(PendingSend pending, Duration pause) {
        if (pending.state != State.ANSWERED) {
            buffer.again(pending, time.deadline(pause));
        }
    }

    private boolean ended(PendingSend pending) {
        if (pending.state == State.ANSWERED) {
            return false;
        }
        pending.state = State.ANSWERED;
        buffer.remove(pending);
        room.signalAll();
        return true;
    }

    private @Nullable Runnable nextAnswer() {
        lock.lock();
        try {
            return answers.pollFirst();
        } finally {
            lock.unlock();
        }
    }

    private boolean awaitChange(long deadlineNanos) throws InterruptedException {
        if (!context.loops().mayWait()) {
            return context.loops().pump();
        }
        time.await(lock, room, deadlineNanos);
        return true;
    }

    private void watch(PendingSend pending) {
        if (deadlines != null && pending.deadlineNanos < nextDeadlineNanos) {
            nextDeadlineNanos = pending.deadlineNanos;
            deadlines.wake();
        }
    }

    private void wakeSender() {
        Loop sender = idleSenders.pollFirst();
        if (sender != null) {
            sender.wake();
        }
    }

    private static QueueException overloaded() {
        return new QueueException(
                Kind.OVERLOADED,
                "The queue's buffer is full: " + SendBuffer.MOST_TASKS + " tasks or " + (SendBuffer.MOST_BYTES >> 20)
                        + " MiB wait for the backend. Nothing was stored: slow down, or use enqueue, which waits");
    }

    /** Answers every caller whose deadline passes, also while a driver hangs. */
    private final class Deadlines implements Duty {
        @Override
        public String name() {
            return "deadlines";
        }

        @Override
        public Duration turn() {
            List<PendingSend> late = new ArrayList<>();
            long now = time.nanos();
            long next = nextAfter(now, late);
            late.forEach(
                    pending -> giveUp(pending, "within " + context.options().enqueueTimeout()));
            return next == Long.MAX_VALUE ? REST : time.until(next);
        }

        /** The next deadline that is to be watched; whoever comes with an earlier one wakes this. */
        private long nextAfter(long now, List<PendingSend> late) {
            lock.lock();
            try {
                nextDeadlineNanos = Long.MAX_VALUE;
                for (PendingSend pending : buffer.all()) {
                    if (pending.deadlineNanos <= now) {
                        late.add(pending);
                    } else {
                        nextDeadlineNanos = Math.min(nextDeadlineNanos, pending.deadlineNanos);
                    }
                }
                return nextDeadlineNanos;
            } finally {
                lock.unlock();
            }
        }
    }
}
