package io.backgroundqueue.internal;

import io.backgroundqueue.BackgroundTask;
import io.backgroundqueue.BackgroundTaskHandler;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.TaskInterceptor;
import io.backgroundqueue.spi.Delivery;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The life of one delivery: from the receiver to its verdict, on a handler thread. */
final class TaskRun<T> implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(TaskRun.class);

    /** Why a handler was interrupted. */
    enum Cause {
        TIMEOUT,
        SHUTDOWN
    }

    final Delivery delivery;
    final long receivedNanos;
    private final WorkerParts<T> parts;
    private final AtomicBoolean judged = new AtomicBoolean();
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Thread thread;
    private @Nullable Cause interrupted;
    private volatile boolean lost;
    private volatile boolean settling;
    private volatile long startedNanos;
    private volatile boolean running;

    TaskRun(Delivery delivery, WorkerParts<T> parts) {
        this.delivery = delivery;
        this.parts = parts;
        this.receivedNanos = parts.context().time().nanos();
    }

    @Override
    public void run() {
        try {
            if (parts.draining().get()) {
                judge(parts.verdicts().released(delivery));
                return;
            }
            parts.verdicts().beforeRun(delivery).ifPresentOrElse(this::judge, () -> runTask((Delivery.Task) delivery));
        } catch (Throwable broken) {
            LOG.error(
                    "The engine failed on a task of '{}'; its lease runs out",
                    parts.spec().topic(),
                    broken);
            parts.settler().giveUp(this);
        } finally {
            parts.slots().ended();
            parts.loop().wake();
        }
    }

    /** Whether it is inside the handler now. */
    boolean running() {
        return running;
    }

    /** How long it has been inside the handler. */
    Duration ran() {
        return Duration.ofNanos(parts.context().time().nanos() - startedNanos);
    }

    /** Interrupts the handler, once; does nothing before and after it. */
    void interrupt(Cause cause) {
        lock.lock();
        try {
            if (thread != null && interrupted == null) {
                interrupted = cause;
                thread.interrupt();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Settles the failure of a handler that does not answer its interrupt; it goes on without effect. */
    void judgeStuck(Duration timeout) {
        if (delivery instanceof Delivery.Task task && judge(parts.verdicts().failed(task, timedOut(timeout), ran()))) {
            tell(new TaskEvent.Stuck(parts.spec().topic(), task.envelope().taskId(), ran()));
        }
    }

    /** Gives the task back without having run it: there was no thread for it. */
    void rejected() {
        judge(parts.verdicts().released(delivery));
        parts.slots().ended();
    }

    /** Leaves the task to its lease; false if it has a verdict. */
    boolean abandon() {
        if (!judged.compareAndSet(false, true)) {
            return false;
        }
        parts.settler().giveUp(this);
        return true;
    }

    /** Notes whether the backend is being told the verdict. */
    void settling(boolean now) {
        settling = now;
    }

    /** Whether the backend is being told the verdict, or was: what it answers tells more than the lease can. */
    boolean settling() {
        return settling;
    }

    /** Notes that the lease is known to be lost. */
    void leaseLost() {
        if (!lost) {
            lost = true;
            if (delivery instanceof Delivery.Task task) {
                tell(new TaskEvent.LeaseLost(
                        parts.spec().topic(), task.envelope().taskId()));
            }
        }
    }

    boolean isLost() {
        return lost;
    }

    private void runTask(Delivery.Task task) {
        T payload;
        try {
            payload = parts.context()
                    .options()
                    .codec()
                    .decode(task.envelope().payload(), parts.spec().type());
        } catch (Exception | StackOverflowError undecodable) {
            LOG.warn(
                    "Task {} of '{}' cannot be decoded",
                    task.envelope().taskId(),
                    parts.spec().topic(),
                    undecodable);
            judge(parts.verdicts().undecodable(task, undecodable));
            return;
        }
        BackgroundTask<T> seen =
                new RunningTask<>(task, payload, parts.verdicts().maxAttempts(task), this::isLost);
        tell(new TaskEvent.Started(parts.spec().topic(), seen.id(), seen.attempt(), waited(task)));
        Throwable failure = handle(seen);
        judge(verdict(task, failure));
    }

    private Verdict verdict(Delivery.Task task, @Nullable Throwable failure) {
        if (interrupted == Cause.TIMEOUT) {
            Duration timeout = parts.spec().options().timeout().orElseThrow();
            return parts.verdicts().failed(task, timedOut(timeout), ran());
        }
        if (failure == null) {
            return parts.verdicts().done(task, ran());
        }
        return interrupted == Cause.SHUTDOWN
                ? parts.verdicts().released(task)
                : parts.verdicts().failed(task, failure, ran());
    }

    private @Nullable Throwable handle(BackgroundTask<T> task) {
        enter();
        try {
            proceed(task, 0);
            return null;
        } catch (Throwable failure) {
            if (failure instanceof Error) {
                LOG.error("The handler of '{}' threw an Error on task {}", task.topic(), task.id(), failure);
            }
            return failure;
        } finally {
            leave();
        }
    }

    @SuppressWarnings("unchecked") // a handler of a supertype takes a task of T as one of its own: tasks are only read
    private void proceed(BackgroundTask<T> task, int next) throws Exception {
        List<TaskInterceptor> interceptors = parts.context().options().taskInterceptors();
        if (next < interceptors.size()) {
            interceptors.get(next).around(task, () -> proceed(task, next + 1));
        } else {
            ((BackgroundTaskHandler<T>) parts.spec().handler()).handle(task);
        }
    }

    private void enter() {
        startedNanos = parts.context().time().nanos();
        lock.lock();
        try {
            thread = Thread.currentThread();
            running = true;
        } finally {
            lock.unlock();
        }
    }

    private void leave() {
        lock.lock();
        try {
            thread = null;
            running = false;
            Thread.interrupted(); // an interrupt meant for the handler must not reach what the thread does next
        } finally {
            lock.unlock();
        }
    }

    private boolean judge(Verdict verdict) {
        if (!judged.compareAndSet(false, true)) {
            return false;
        }
        parts.settler().add(this, verdict);
        return true;
    }

    private static TimeoutException timedOut(Duration timeout) {
        return new TimeoutException("the handler did not end within its timeout of " + timeout);
    }

    private Duration waited(Delivery.Task task) {
        Duration waited = Duration.between(task.due(), parts.context().time().now());
        return waited.isNegative() ? Duration.ZERO : waited;
    }

    private void tell(TaskEvent event) {
        parts.context().events().on(event);
    }
}
