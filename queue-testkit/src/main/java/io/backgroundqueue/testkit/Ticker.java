package io.backgroundqueue.testkit;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Moves a steppable clock on at the pace of the real one. */
final class Ticker implements AutoCloseable {
    private final SteppableTime time;
    private final Duration tick;
    private final Thread thread;
    private volatile boolean closed;

    Ticker(SteppableTime time, Duration tick) {
        this.time = time;
        this.tick = tick;
        this.thread = new Thread(this::run, "ticker");
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        long before = System.nanoTime();
        while (!closed) {
            LockSupport.parkNanos(this, tick.toNanos());
            long now = System.nanoTime();
            time.advance(Duration.ofNanos(now - before));
            before = now;
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
