package io.backgroundqueue.rabbitmq;

import io.backgroundqueue.Time;
import io.backgroundqueue.spi.ErrorClass;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A batch of messages on its way. What is known first of each of them counts. Thread-safe. */
final class Publication {
    /** For how long nothing may come: then those that are missing are waited for no more, and hold up nobody else. */
    private static final Duration QUIET = Duration.ofSeconds(5);

    private final Time time;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition complete = lock.newCondition();
    private final List<@Nullable Optional<RabbitMQFailure>> answers;
    private int open;
    private long quietUntil;

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

    /** What became of each message, in order; unknown, where nothing came until the deadline, or for long. */
    List<Optional<RabbitMQFailure>> await(long deadlineNanos) throws InterruptedException {
        lock.lock();
        try {
            quietUntil = time.deadline(QUIET);
            long now = time.nanos();
            while (open > 0 && now - deadlineNanos < 0 && now - quietUntil < 0) {
                time.await(lock, complete, deadlineNanos - quietUntil < 0 ? deadlineNanos : quietUntil);
                now = time.nanos();
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
                quietUntil = time.deadline(QUIET);
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
