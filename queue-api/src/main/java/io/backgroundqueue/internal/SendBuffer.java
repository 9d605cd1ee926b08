package io.backgroundqueue.internal;

import io.backgroundqueue.Limits;
import io.backgroundqueue.internal.PendingSend.State;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import java.util.Set;

/** Where sends wait, are on their way, or stand aside until they are tried again. Guarded by the batcher's lock. */
final class SendBuffer {
    /** The most tasks in here. */
    static final int MOST_TASKS = 10_000;

    /** The most payload bytes in here, unless a single task has more. */
    static final long MOST_BYTES = 64L << 20;

    private final Deque<PendingSend> waiting = new ArrayDeque<>();
    private final PriorityQueue<PendingSend> aside =
            new PriorityQueue<>(Comparator.comparingLong(pending -> pending.retryAtNanos));
    private final Set<PendingSend> sending = new HashSet<>();
    private long bytes;

    int size() {
        return waiting.size() + aside.size() + sending.size();
    }

    boolean hasRoomFor(PendingSend pending) {
        return size() < MOST_TASKS && (size() == 0 || bytes + pending.bytes() <= MOST_BYTES);
    }

    void add(PendingSend pending) {
        waiting.addLast(pending);
        bytes += pending.bytes();
    }

    void remove(PendingSend pending) {
        if (!sending.remove(pending) && !waiting.remove(pending)) {
            aside.remove(pending);
        }
        bytes -= pending.bytes();
    }

    /** Puts what was on its way aside until {@code retryAtNanos}. */
    void again(PendingSend pending, long retryAtNanos) {
        sending.remove(pending);
        pending.state = State.WAITING;
        pending.retryAtNanos = retryAtNanos;
        aside.add(pending);
    }

    /** The next batch within the backend's limits, now on its way. */
    List<PendingSend> take(Limits limits, long nowNanos) {
        while (!aside.isEmpty() && aside.element().retryAtNanos <= nowNanos) {
            waiting.addLast(aside.remove());
        }
        List<PendingSend> batch = new ArrayList<>();
        long batchBytes = 0;
        while (!waiting.isEmpty() && batch.size() < limits.sendBatch()) {
            batchBytes += waiting.element().bytes();
            if (!batch.isEmpty() && batchBytes > limits.sendBytes()) {
                break;
            }
            PendingSend next = waiting.remove();
            next.state = State.SENDING;
            sending.add(next);
            batch.add(next);
        }
        return batch;
    }

    boolean hasWaiting() {
        return !waiting.isEmpty();
    }

    /** When the first that stands aside is to be tried again. */
    OptionalLong nextRetryNanos() {
        return aside.isEmpty() ? OptionalLong.empty() : OptionalLong.of(aside.element().retryAtNanos);
    }

    List<PendingSend> all() {
        List<PendingSend> all = new ArrayList<>(waiting);
        all.addAll(aside);
        all.addAll(sending);
        return all;
    }
}
