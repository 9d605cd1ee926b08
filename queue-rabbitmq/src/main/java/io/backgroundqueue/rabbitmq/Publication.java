package io.backgroundqueue.rabbitmq;

import io.backgroundqueue.Time;
import io.backgroundqueue.spi.ErrorClass;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A batch of messages on its way. What is known first of each of them counts. Thread-safe. */
final class Publication {
    private final Time time;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition complete = lock.newCondition();
    private final List<@Nullable Optional<RabbitMQFailure>> answers;
    private int open;

    Publication(int size, Time time) {
        this.time = time;
        this.answers = new ArrayList<>(Collections.nCopies(size, null));
        this.open = size;
    }

    void confirmed(int index) {
        answered(index, Optional.empty());
    }

    /** False if something else was known before. */
    boolean failed(int index, RabbitMQFailure why) {
        return answered(index, Optional.of(why));
    }

    /** What became of each message, in order; unknown, where nothing came until the deadline. */
    List<Optional<RabbitMQFailure>> await(long deadlineNanos) throws InterruptedException {
        lock.lock();
        try {
            boolean more = true;
            while (open > 0 && more) {
                more = time.await(lock, complete, deadlineNanos);
            }
            return answers.stream()
                    .map(answer -> answer == null ? Optional.of(unconfirmed()) : answer)
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    private boolean answered(int index, Optional<RabbitMQFailure> answer) {
        lock.lock();
        try {
            boolean first = answers.get(index) == null;
            if (first) {
                answers.set(index, answer);
                open--;
            }
            if (open == 0) {
                complete.signalAll();
            }
            return first;
        } finally {
            lock.unlock();
        }
    }

    private static RabbitMQFailure unconfirmed() {
        return new RabbitMQFailure(
                ErrorClass.OUTCOME_UNKNOWN, "The broker has not confirmed the message in time. It may have it", null);
    }
}
