package io.backgroundqueue.internal;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** The default executor: as many threads as tasks run at once, which the workers bound; idle ones end after a minute. */
final class HandlerThreads {
    private HandlerThreads() {}

    static ExecutorService create() {
        AtomicInteger number = new AtomicInteger();
        return Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "bq-handler-" + number.incrementAndGet());
            thread.setDaemon(true); // the worker's loop keeps the process alive, not a handler that never ends
            return thread;
        });
    }
}
