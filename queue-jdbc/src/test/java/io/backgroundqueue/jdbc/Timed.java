package io.backgroundqueue.jdbc;

import java.time.Duration;

/** How long something takes. */
final class Timed {
    private Timed() {}

    /** What is timed. */
    @FunctionalInterface
    interface Work {
        void run() throws Exception;
    }

    static Duration of(Work work) throws Exception {
        long before = System.nanoTime();
        work.run();
        return Duration.ofNanos(System.nanoTime() - before);
    }

    static double seconds(Work work) throws Exception {
        return of(work).toNanos() / 1e9;
    }
}
