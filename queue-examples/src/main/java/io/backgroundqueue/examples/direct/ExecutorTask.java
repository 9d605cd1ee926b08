package io.backgroundqueue.examples.direct;

import io.backgroundqueue.BackgroundTask;
import java.time.Instant;
import java.util.Map;

/** A run, and there is only one. */
record ExecutorTask<T>(String id, String topic, T payload, Map<String, String> headers, Instant enqueuedAt)
        implements BackgroundTask<T> {
    @Override
    public int attempt() {
        return 1;
    }
}
