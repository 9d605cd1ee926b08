package io.backgroundqueue.internal;

import io.backgroundqueue.Capabilities;
import io.backgroundqueue.Feature;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.Support;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.QueueDriver;
import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * What every part of one queue's engine stands on.
 *
 * @param driver the backend
 * @param capabilities the driver's, resolved: nothing in it needs a store any more
 * @param options the queue's
 * @param events tells the listeners
 * @param loops turns the duties
 * @param handlers runs the handlers
 */
record EngineContext(
        QueueDriver driver,
        Capabilities capabilities,
        QueueOptions options,
        Events events,
        Loops loops,
        Executor handlers) {

    /** Every call of the seam returns or throws within this. */
    static final Duration CALL_TIMEOUT = Duration.ofSeconds(10);

    /** What kind of error this is; a driver that cannot tell leaves it unknown. */
    ErrorClass classify(Exception error) {
        try {
            return driver.classify(error);
        } catch (RuntimeException broken) {
            return ErrorClass.OUTCOME_UNKNOWN;
        }
    }

    Time time() {
        return options.time();
    }

    /** Whether the store itself refuses a worker that lost its task. */
    boolean fencedByStore() {
        return driver.capabilities().support(Feature.FENCE) instanceof Support.Native;
    }

    /** Whether deduplication goes through the store of the queue. */
    boolean deduplicatesThroughStore() {
        return driver.capabilities().support(Feature.DEDUPLICATION) instanceof Support.NeedsStore;
    }
}
