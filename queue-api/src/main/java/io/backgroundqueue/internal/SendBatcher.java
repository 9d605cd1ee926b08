package io.backgroundqueue.internal;

import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.Limits;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.Time;
import io.backgroundqueue.internal.Loops.Loop;
import io.backgroundqueue.spi.Duty;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.SendResult;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Shares round trips among concurrent callers: while batches are on their way the next one fills, and an idle batcher
 * sends at once. Every caller is answered at its own deadline, whatever the driver does.
 */
final class SendBatcher {
    /** The most tasks waiting or on their way. */
    static final int MOST_TASKS = 10_000;

    /** The most payload bytes waiting or on their way. */
    static final long MOST_BYTES = 64L << 20;

    private static final Duration REST = Duration.ofHours(1);
    private static final Duration FIRST_RETRY = Duration.ofMillis(20);
    private static final Duration LONGEST_RETRY = Duration.ofSeconds(1);

    private final EngineContext context;
    private final StoreDeduplication deduplication;
    private final Time time;
    private final Limits limits;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition room = lock.newCondition();
    private final Deque<PendingSend> waiting = new ArrayDeque<>();
    private final PriorityQueue<PendingSend> aside =
            new PriorityQueue<>(Comparator.comparingLong(pending -> pending.retryAtNanos));
    private final Set<PendingSend> sending = new HashSet<>();
    private final Deque<Loop> idle = new ArrayDeque<>();
    private final List<Loop> loops = new ArrayList<>();
    private final Deque<Runnable> answers = new ArrayDeque<>();
    private long bytes;
    private boolean closed;

    SendBatcher(EngineContext context) {
        this.context = context;
        this.deduplication = new StoreDeduplication(context);
        this.time = context.time();
        this.limits = context.capabilities().limits();
    }

    void start() {
        for (int i = 0; i < limits.sendParallelism(); i++) {
            Sending sender = new Sending();
            sender.loop = context.loops().start(sender, "send", false);
            loops.add(sender.loop);
        }
        loops.add(context.loops().start(new Deadlines(), "send", false));
    }

    /**
     * Takes a task in.
     *
     * @param patient whether to wait for room until the task's deadline, or to refuse at once
     */
    void add(PendingSend pending, boolean patient) throws InterruptedException {
        lock.lock();
        try {
            while (!closed && full(pending)) {
                if (!patient || !waitForRoom(pending)) {
                    throw overloaded();
                }
            }
            if (closed) {
                throw closedNow();
            }
            boolean first = waiting.isEmpty() && sending.isEmpty() && aside.isEmpty();
            waiting.addLast(pending);
            bytes += pending.bytes();
            wakeSender();
            if (first) {
                loops.get(loops.size() - 1).wake();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Fails a task whose caller waits no longer, unless it has its answer. */
    void giveUp(PendingSend pending, String ending) {
        locked(() -> {
            if (pending.state != PendingSend.State.ANSWERED) {
                QueueException error = pending.givenUp(ending);
                remove(pending);
                fail(pending, error);
            }
        });
    }

    /** Waits until everything is answered, at most to the deadline. Callers may go on adding. */
    void flush(long deadlineNanos) throws InterruptedException {
        lock.lock();
        try {
            boolean more = true;
            while (more && size() > 0 && time.nanos() < deadlineNanos) {
                more = waitFor(deadlineNanos);
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
            left.addAll(underWay());
            room.signalAll();
        });
        left.forEach(pending -> giveUp(pending, "before the queue was closed"));
        loops.forEach(Loop::stop);
        return left.size();
    }

    /** Runs {@code section} under the lock, and tells callers and listeners their answers outside it. */
    private void locked(Runnable section) {
        lock.lock();
        try {
            section.run();
        } finally {
            lock.unlock();
        }
        deliverAnswers();
    }

    private void deliverAnswers() {
        for (Runnable answer = nextAnswer(); answer != null; answer = nextAnswer()) {
            answer.run();
        }
    }

    private @Nullable Runnable nextAnswer() {
        lock.lock();
        try {
            return answers.pollFirst();
        } finally {
            lock.unlock();
        }
    }

    private List<PendingSend> underWay() {
        List<PendingSend> all = new ArrayList<>(waiting);
        all.addAll(aside);
        all.addAll(sending);
        return all;
    }

    private int size() {
        return waiting.size() + aside.size() + sending.size();
    }

    private boolean full(PendingSend pending) {
        return size() >= MOST_TASKS || (size() > 0 && bytes + pending.bytes() > MOST_BYTES);
    }

    private boolean waitForRoom(PendingSend pending) throws InterruptedException {
        if (time.nanos() >= pending.deadlineNanos) {
            return false;
        }
        return waitFor(pending.deadlineNanos);
    }

    private boolean waitFor(long deadlineNanos) throws InterruptedException {
        if (!context.loops().mayWait()) {
            return context.loops().pump();
        }
        time.await(lock, room, deadlineNanos);
        return true;
    }

    private static QueueException overloaded() {
        return new QueueException(
                Kind.OVERLOADED,
                "The queue's buffer is full: " + MOST_TASKS + " tasks or " + (MOST_BYTES >> 20)
                        + " MiB wait for the backend. Nothing was stored: slow down, or use enqueue, which waits");
    }

    private static QueueException closedNow() {
        return new QueueException(Kind.CLOSED, "The queue is closed and takes no more tasks. Open a new one");
    }

    private void wakeSender() {
        Loop sender = idle.pollFirst();
        if (sender != null) {
            sender.wake();
        }
    }

    private void remove(PendingSend pending) {
        if (!sending.remove(pending) && !waiting.remove(pending)) {
            aside.remove(pending);
        }
        bytes -= pending.bytes();
        room.signalAll();
    }

    private void answer(PendingSend pending, EnqueueReceipt receipt) {
        pending.state = PendingSend.State.ANSWERED;
        Duration took = Duration.ofNanos(time.nanos() - pending.begunNanos);
        answers.addLast(() -> {
            context.events().on(new TaskEvent.Enqueued(pending.envelope.topic(), receipt, took));
            pending.answer.complete(receipt);
        });
    }

    private void fail(PendingSend pending, QueueException error) {
        pending.state = PendingSend.State.ANSWERED;
        answers.addLast(() -> {
            context.events().on(new TaskEvent.EnqueueFailed(pending.envelope.topic(), error));
            pending.answer.completeExceptionally(error);
        });
    }

    private void again(PendingSend pending, Duration wait) {
        sending.remove(pending);
        pending.state = PendingSend.State.WAITING;
        pending.retryAtNanos = time.deadline(wait);
        aside.add(pending);
    }

    private static Duration backoff(int failures) {
        Duration wait = FIRST_RETRY.multipliedBy(1L << Math.min(failures - 1, 6));
        return wait.compareTo(LONGEST_RETRY) < 0 ? wait : LONGEST_RETRY;
    }

    /** Sends one batch per turn. */
    private final class Sending implements Duty {
        private @Nullable Loop loop;

        @Override
        public String name() {
            return "send";
        }

        @Override
        public Duration turn() {
            List<PendingSend> batch = new ArrayList<>();
            Duration rest = take(batch);
            if (batch.isEmpty()) {
                return rest;
            }
            List<PendingSend> winners = deduplicated(batch);
            if (!winners.isEmpty()) {
                send(winners);
            }
            return Duration.ZERO;
        }

        private Duration take(List<PendingSend> batch) {
            lock.lock();
            try {
                long now = time.nanos();
                while (!aside.isEmpty() && aside.element().retryAtNanos <= now) {
                    waiting.addLast(aside.remove());
                }
                long batchBytes = 0;
                while (!waiting.isEmpty() && batch.size() < limits.sendBatch()) {
                    PendingSend next = waiting.element();
                    batchBytes += next.bytes();
                    if (!batch.isEmpty() && batchBytes > limits.sendBytes()) {
                        break;
                    }
                    waiting.remove();
                    next.state = PendingSend.State.SENDING;
                    sending.add(next);
                    batch.add(next);
                }
                if (!batch.isEmpty()) {
                    if (!waiting.isEmpty()) {
                        wakeSender();
                    }
                    return Duration.ZERO;
                }
                if (loop != null && !idle.contains(loop)) {
                    idle.addLast(loop);
                }
                return aside.isEmpty() ? REST : time.until(aside.element().retryAtNanos);
            } finally {
                lock.unlock();
            }
        }

        private List<PendingSend> deduplicated(List<PendingSend> batch) {
            if (!context.deduplicatesThroughStore()) {
                return batch;
            }
            List<PendingSend> winners = new ArrayList<>(batch.size());
            List<StoreDeduplication.Claim> claims = deduplication.claim(batch);
            locked(() -> {
                for (int i = 0; i < batch.size(); i++) {
                    apply(claims.get(i), batch.get(i), winners);
                }
            });
            return winners;
        }

        private void apply(StoreDeduplication.Claim claim, PendingSend pending, List<PendingSend> winners) {
            if (pending.state == PendingSend.State.ANSWERED) {
                return;
            }
            if (claim instanceof StoreDeduplication.Claim.Won) {
                winners.add(pending);
            } else if (claim instanceof StoreDeduplication.Claim.Lost lost) {
                remove(pending);
                answer(pending, pending.duplicate(lost.of()));
            } else if (claim instanceof StoreDeduplication.Claim.Undecided undecided) {
                undecided.error().ifPresent(error -> pending.failed(ErrorClass.TRANSIENT, error));
                again(pending, FIRST_RETRY);
            }
        }

        private void send(List<PendingSend> batch) {
            long latest = batch.stream()
                    .mapToLong(pending -> pending.deadlineNanos)
                    .max()
                    .orElseThrow();
            List<SendResult> results = results(batch, time.until(latest));
            deduplication.confirm(batch, results);
            locked(() -> {
                for (int i = 0; i < batch.size(); i++) {
                    apply(results.get(i), batch.get(i));
                }
            });
        }

        private List<SendResult> results(List<PendingSend> batch, Duration timeout) {
            try {
                List<SendResult> results = context.driver()
                        .send(batch.stream().map(pending -> pending.envelope).toList(), timeout);
                if (results.size() == batch.size()) {
                    return results;
                }
                return all(
                        batch,
                        ErrorClass.OUTCOME_UNKNOWN,
                        new IllegalStateException(
                                "the driver answered " + results.size() + " results for a batch of " + batch.size()));
            } catch (Exception failure) {
                return all(batch, context.driver().classify(failure), failure);
            } catch (Error failure) {
                return all(batch, ErrorClass.OUTCOME_UNKNOWN, new IllegalStateException(failure));
            }
        }

        private List<SendResult> all(List<PendingSend> batch, ErrorClass errorClass, Exception failure) {
            return batch.stream()
                    .<SendResult>map(pending -> new SendResult.Failed(errorClass, failure))
                    .toList();
        }

        private void apply(SendResult result, PendingSend pending) {
            if (pending.state == PendingSend.State.ANSWERED) {
                return;
            }
            if (result instanceof SendResult.Accepted accepted) {
                remove(pending);
                answer(pending, pending.accepted(accepted.position()));
            } else if (result instanceof SendResult.Duplicate duplicate) {
                remove(pending);
                answer(
                        pending,
                        isItself(duplicate, pending)
                                ? pending.accepted(Optional.empty())
                                : pending.duplicate(duplicate.firstTaskId()));
            } else if (result instanceof SendResult.Failed failed) {
                failed(failed, pending);
            }
        }

        /** Whether a duplicate is this very task, stored by an earlier try whose answer was lost. */
        private boolean isItself(SendResult.Duplicate duplicate, PendingSend pending) {
            return duplicate
                    .firstTaskId()
                    .map(pending.envelope.taskId()::equals)
                    .orElse(pending.mayBeStored);
        }

        private void failed(SendResult.Failed failed, PendingSend pending) {
            pending.failed(failed.errorClass(), failed.why());
            switch (failed.errorClass()) {
                case TRANSIENT, THROTTLED, OUTCOME_UNKNOWN -> again(pending, backoff(pending.failures));
                case REFUSED, MISCONFIGURED, CLOSED -> {
                    remove(pending);
                    fail(
                            pending,
                            Errors.wrap(
                                    failed.errorClass(),
                                    "Enqueueing task " + pending.envelope.taskId() + " to '" + pending.envelope.topic()
                                            + "'",
                                    failed.why(),
                                    pending.envelope.taskId()));
                }
            }
        }
    }

    /** Answers every caller whose deadline passes, also while a driver hangs. */
    private final class Deadlines implements Duty {
        @Override
        public String name() {
            return "deadlines";
        }

        @Override
        public Duration turn() {
            List<PendingSend> all = new ArrayList<>();
            locked(() -> all.addAll(underWay()));
            long now = time.nanos();
            long next = Long.MAX_VALUE;
            for (PendingSend pending : all) {
                if (pending.deadlineNanos <= now) {
                    giveUp(pending, "within " + context.options().enqueueTimeout());
                } else {
                    next = Math.min(next, pending.deadlineNanos);
                }
            }
            return next == Long.MAX_VALUE ? REST : time.until(next);
        }
    }
}
