package io.backgroundqueue.testkit.seam;

import io.backgroundqueue.spi.Duty;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** Turns duties as the engine does: each on a thread of its own, at its own pace, for ever, whatever it throws. */
final class DutyThreads implements AutoCloseable {
    private static final Duration AFTER_AN_ERROR = Duration.ofMillis(100);

    private final Duration longestPause;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final List<Duty> duties;
    private final List<Thread> threads;

    /** @param longestPause overrules what the duties ask for, where the clock stands still between their turns */
    DutyThreads(List<Duty> duties, Duration longestPause) {
        this.duties = List.copyOf(duties);
        this.longestPause = longestPause;
        this.threads = this.duties.stream().map(this::thread).toList();
        threads.forEach(Thread::start);
    }

    private Thread thread(Duty duty) {
        Thread thread = new Thread(() -> run(duty), "kit-duty-" + duty.name());
        thread.setDaemon(true);
        return thread;
    }

    private void run(Duty duty) {
        while (!ended.get()) {
            pause(turned(duty));
        }
        duty.close();
    }

    private static Duration turned(Duty duty) {
        try {
            return duty.turn();
        } catch (Exception forNow) {
            return AFTER_AN_ERROR;
        }
    }

    private void pause(Duration asked) {
        long end = System.nanoTime() + (asked.compareTo(longestPause) < 0 ? asked : longestPause).toNanos();
        while (!ended.get() && System.nanoTime() - end < 0) {
            LockSupport.parkNanos(this, end - System.nanoTime());
        }
    }

    @Override
    @SuppressWarnings("Interruption") // hands on the interrupt of its own caller
    public void close() {
        ended.set(true);
        duties.forEach(Duty::wake);
        threads.forEach(LockSupport::unpark);
        try {
            for (Thread thread : threads) {
                thread.join(Duration.ofSeconds(30).toMillis());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
