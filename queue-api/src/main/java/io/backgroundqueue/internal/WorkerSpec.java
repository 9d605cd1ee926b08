package io.backgroundqueue.internal;

import io.backgroundqueue.BackgroundTaskHandler;
import io.backgroundqueue.Capabilities.Precision;
import io.backgroundqueue.PayloadType;
import io.backgroundqueue.RetryPolicy;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.spi.PriorStarts;
import java.time.Duration;

/**
 * What a worker was asked to do, with every default filled in.
 *
 * @param options the caller's, over the queue's defaults
 * @param <T> the payload's type
 */
record WorkerSpec<T>(
        String topic, PayloadType<T> type, BackgroundTaskHandler<? super T> handler, WorkerOptions options) {
    static final int DEFAULT_CONCURRENCY = 10;
    static final int DEFAULT_ATTEMPTS = 3;
    static final Duration DEFAULT_LEASE = Duration.ofSeconds(30);
    static final int EXACT_INTERRUPTIONS = 5;
    static final int INEXACT_INTERRUPTIONS = 20;

    int concurrency() {
        return options.concurrency().orElse(DEFAULT_CONCURRENCY);
    }

    int attempts() {
        return options.attempts().orElse(DEFAULT_ATTEMPTS);
    }

    Duration lease() {
        return options.leaseDuration().orElse(DEFAULT_LEASE);
    }

    RetryPolicy retryPolicy() {
        return options.retryPolicy().orElse(RetryPolicy.DEFAULT);
    }

    /** How many runs without a verdict are borne; more where neighbours of a crashing task are counted too. */
    int maxInterruptions(PriorStarts starts) {
        return options.maxInterruptions()
                .orElse(starts.precision() == Precision.EXACT ? EXACT_INTERRUPTIONS : INEXACT_INTERRUPTIONS);
    }
}
