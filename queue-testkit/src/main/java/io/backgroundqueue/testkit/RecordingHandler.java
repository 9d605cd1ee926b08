package io.backgroundqueue.testkit;

import io.backgroundqueue.BackgroundTask;
import io.backgroundqueue.BackgroundTaskHandler;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * A handler that remembers every run, duplicates included, and does what its script says. Its runs can be held and let
 * go. Thread-safe.
 *
 * @param <T> the payload's type
 */
public final class RecordingHandler<T> implements BackgroundTaskHandler<T>, AutoCloseable {
    private final BackgroundTaskHandler<T> script;
    private final Patience patience;
    private final LongSupplier nanos;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition gate = lock.newCondition();
    private final List<Run<T>> runs = new ArrayList<>();
    private final List<String> completed = new ArrayList<>();
    private boolean closed;
    private boolean holding;
    private int passes;
    private int ended;
    private int running;
    private int mostRunning;

    /**
     * One run.
     *
     * @param task what the handler was given
     * @param attempt its attempt, when the run began
     * @param startedNanos when it began, on the handler's clock
     * @param thread what it ran on
     * @param <T> the payload's type
     */
    public record Run<T>(BackgroundTask<T> task, int attempt, long startedNanos, Thread thread) {
        /** The task's id. */
        public String id() {
            return task.id();
        }

        /** What the producer handed over. */
        public T payload() {
            return task.payload();
        }
    }

    /** Every run completes its task. */
    public RecordingHandler() {
        this(task -> {});
    }

    /** Every run does what {@code script} does. */
    public RecordingHandler(BackgroundTaskHandler<T> script) {
        this(script, Patience.standard(), System::nanoTime);
    }

    /**
     * Every run does what {@code script} does.
     *
     * @param patience how long the methods that wait do so
     * @param nanos the clock that dates the runs
     */
    public RecordingHandler(BackgroundTaskHandler<T> script, Patience patience, LongSupplier nanos) {
        this.script = script;
        this.patience = patience;
        this.nanos = nanos;
    }

    /** A script: each task fails {@code times} times and then completes. */
    public static <T> BackgroundTaskHandler<T> failing(int times) {
        return task -> {
            if (task.attempt() <= times) {
                throw new IllegalStateException("failure " + task.attempt() + " as told");
            }
        };
    }

    @Override
    public void handle(BackgroundTask<T> task) throws Exception {
        begin(new Run<>(task, task.attempt(), nanos.getAsLong(), Thread.currentThread()));
        boolean returned = false;
        try {
            passGate();
            script.handle(task);
            returned = true;
        } finally {
            end(task.id(), returned);
        }
    }

    /** From now on runs wait, after they were recorded and before their script. */
    public void hold() {
        locked(() -> {
            holding = true;
            passes = 0;
        });
    }

    /** Lets {@code count} held or future runs go on. */
    public void letGo(int count) {
        locked(() -> passes += count);
    }

    /** Lets all runs go on, and holds none any more. */
    public void letGo() {
        locked(() -> holding = false);
    }

    /** Lets all runs go on, for ever. */
    @Override
    public void close() {
        locked(() -> {
            holding = false;
            closed = true;
        });
    }

    /** All runs so far, in order of their start. */
    public List<Run<T>> runs() {
        lock.lock();
        try {
            return List.copyOf(runs);
        } finally {
            lock.unlock();
        }
    }

    /** The runs of one task so far. */
    public List<Run<T>> runsOf(String id) {
        return runs().stream().filter(run -> run.id().equals(id)).toList();
    }

    /** The payloads of all runs so far, in order of their start. */
    public List<T> payloads() {
        return runs().stream().map(Run::payload).toList();
    }

    /** The ids of all runs that returned so far, in order of their end; an id stands as often as its task returned. */
    public List<String> completed() {
        lock.lock();
        try {
            return List.copyOf(completed);
        } finally {
            lock.unlock();
        }
    }

    /** How many runs have begun. */
    public int started() {
        return counted(runs::size);
    }

    /** How many runs have ended, by returning or throwing. */
    public int ended() {
        return counted(() -> ended);
    }

    /** How many runs are under way. */
    public int running() {
        return counted(() -> running);
    }

    /** The most runs that ever were under way at once. */
    public int mostRunning() {
        return counted(() -> mostRunning);
    }

    /** Waits until {@code count} runs have begun. */
    public void awaitStarted(int count) throws Exception {
        patience.eventually(() -> started() >= count, () -> count + " runs should have begun: " + this);
    }

    /** Waits until {@code count} runs have ended. */
    public void await(int count) throws Exception {
        patience.eventually(() -> ended() >= count, () -> count + " runs should have ended: " + this);
    }

    /** Waits until the handler has returned for each of these tasks. */
    public void awaitIds(Collection<String> ids) throws Exception {
        patience.eventually(() -> missing(ids).isEmpty(), () -> {
            Set<String> missing = missing(ids);
            return missing.size() + " of " + ids.size() + " tasks did not complete, such as "
                    + missing.stream().limit(5).toList() + ": " + this;
        });
    }

    /** The counts, and the last few runs. */
    @Override
    public String toString() {
        List<Run<T>> all = runs();
        List<String> last = all.subList(Math.max(0, all.size() - 10), all.size()).stream()
                .map(run -> run.id() + "#" + run.attempt())
                .toList();
        return all.size() + " runs began, " + ended() + " ended; the last were " + last;
    }

    private Set<String> missing(Collection<String> ids) {
        Set<String> missing = new HashSet<>(ids);
        completed().forEach(missing::remove);
        return missing;
    }

    private void begin(Run<T> run) {
        locked(() -> {
            runs.add(run);
            running++;
            mostRunning = Math.max(mostRunning, running);
        });
    }

    private void end(String id, boolean returned) {
        locked(() -> {
            running--;
            ended++;
            if (returned) {
                completed.add(id);
            }
        });
    }

    private void passGate() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (holding && passes == 0 && !closed) {
                gate.await();
            }
            if (holding && !closed) {
                passes--;
            }
        } finally {
            lock.unlock();
        }
    }

    private int counted(java.util.function.IntSupplier count) {
        lock.lock();
        try {
            return count.getAsInt();
        } finally {
            lock.unlock();
        }
    }

    private void locked(Runnable change) {
        lock.lock();
        try {
            change.run();
            gate.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
