package io.backgroundqueue.jdbc;

import io.backgroundqueue.spi.Duty;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Turns a duty on a thread of its own, at its pace, whatever it throws. */
final class Turning implements AutoCloseable {
    private static final Duration AFTER_AN_ERROR = Duration.ofMillis(100);

    private final Duty duty;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread thread;

    Turning(Duty duty) {
        this.duty = duty;
        this.thread = new Thread(this::run, "lab-duty-" + duty.name());
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        try {
            boolean end = false;
            while (!end) {
                end = ended.await(turned().toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        } finally {
            duty.close();
        }
    }

    private Duration turned() {
        try {
            return duty.turn();
        } catch (Exception forNow) {
            return AFTER_AN_ERROR;
        }
    }

    @Override
    public void close() {
        ended.countDown();
        duty.wake();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(30));
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        }
    }
}
