package io.backgroundqueue.inmemory;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.WorkerOptions;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A queue in this process's memory: all options, no server, nothing outlives the process. What is still stored when it
 * is closed is gone, and the report of the shutdown says how much that was. To share tasks between queues of one JVM,
 * open {@code memory:name} by URL.
 */
public final class InMemoryBackgroundQueue {
    private InMemoryBackgroundQueue() {}

    /** A builder with all defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects options; not thread-safe. */
    public static final class Builder {
        private long capacity = Capacity.DEFAULT_TASKS;
        private long capacityBytes = Capacity.defaultBytes();
        private Optional<Duration> deadLetterRetention = Optional.empty();
        private OptionalInt concurrency = OptionalInt.empty();
        private QueueOptions options = QueueOptions.DEFAULT;

        private Builder() {}

        /**
         * The most tasks it holds, waiting, running and dead; an enqueue beyond fails with kind OVERLOADED, a retry
         * never. At least 1. Default: 1,000,000.
         */
        public Builder capacity(long tasks) {
            capacity = Capacity.atLeastOne("capacity", tasks);
            return this;
        }

        /** The most payload bytes it holds, counted like {@link #capacity}. At least 1. Default: a quarter of the heap. */
        public Builder capacityBytes(long bytes) {
            capacityBytes = Capacity.atLeastOne("capacityBytes", bytes);
            return this;
        }

        /** How long dead letters are kept; longer than 0. Default: until they are purged. */
        public Builder deadLetterRetention(Duration kept) {
            deadLetterRetention = Optional.of(Capacity.longerThanZero("deadLetterRetention", kept));
            return this;
        }

        /** How many tasks a worker runs at once that does not say otherwise. 1 to 10,000. Default: 10. */
        public Builder concurrency(int tasks) {
            concurrency = WorkerOptions.DEFAULT.concurrency(tasks).concurrency();
            return this;
        }

        /** Everything else. Default: {@link QueueOptions#DEFAULT}. */
        public Builder options(QueueOptions value) {
            options = value;
            return this;
        }

        /**
         * Opens the queue.
         *
         * @throws QueueException of kind INVALID if a value is out of range
         */
        public BackgroundQueue build() {
            QueueOptions all = concurrency.isEmpty()
                    ? options
                    : options.toBuilder()
                            .workerDefaults(options.workerDefaults().concurrency(concurrency.getAsInt()))
                            .build();
            Broker broker = new Broker(all.time(), new Capacity(capacity, capacityBytes), deadLetterRetention);
            return BackgroundQueues.over(new InMemoryDriver(broker), all);
        }
    }
}
