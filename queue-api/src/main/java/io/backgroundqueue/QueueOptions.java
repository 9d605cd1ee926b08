package io.backgroundqueue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * How a queue works, whatever its backend. Immutable; made by {@link #builder()}. Defaults that an operator sets here
 * and the backend cannot keep are refused when the queue is opened.
 */
public final class QueueOptions {
    /** All defaults. */
    public static final QueueOptions DEFAULT = builder().build();

    private final Codec codec;
    private final Optional<Executor> executor;
    private final Time time;
    private final Optional<KeyValueStore> store;
    private final Duration enqueueTimeout;
    private final Duration deduplicationWindow;
    private final int maxPayloadBytes;
    private final EnqueueOptions taskDefaults;
    private final WorkerOptions workerDefaults;
    private final List<EnqueueInterceptor> enqueueInterceptors;
    private final List<TaskInterceptor> taskInterceptors;
    private final List<TaskListener> listeners;

    private QueueOptions(Builder from) {
        this.codec = from.codec;
        this.executor = from.executor;
        this.time = from.time;
        this.store = from.store;
        this.enqueueTimeout = from.enqueueTimeout;
        this.deduplicationWindow = from.deduplicationWindow;
        this.maxPayloadBytes = from.maxPayloadBytes;
        this.taskDefaults = from.taskDefaults;
        this.workerDefaults = from.workerDefaults;
        this.enqueueInterceptors = List.copyOf(from.enqueueInterceptors);
        this.taskInterceptors = List.copyOf(from.taskInterceptors);
        this.listeners = List.copyOf(from.listeners);
    }

    /** A builder with all defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** A builder that starts from these options. */
    public Builder toBuilder() {
        Builder builder = new Builder()
                .codec(codec)
                .time(time)
                .enqueueTimeout(enqueueTimeout)
                .deduplicationWindow(deduplicationWindow)
                .maxPayloadBytes(maxPayloadBytes)
                .taskDefaults(taskDefaults)
                .workerDefaults(workerDefaults);
        executor.ifPresent(builder::executor);
        store.ifPresent(builder::store);
        enqueueInterceptors.forEach(builder::intercept);
        taskInterceptors.forEach(builder::intercept);
        listeners.forEach(builder::listener);
        return builder;
    }

    /** See {@link Builder#codec}. */
    public Codec codec() {
        return codec;
    }

    /** See {@link Builder#executor}. */
    public Optional<Executor> executor() {
        return executor;
    }

    /** See {@link Builder#time}. */
    public Time time() {
        return time;
    }

    /** See {@link Builder#store}. */
    public Optional<KeyValueStore> store() {
        return store;
    }

    /** See {@link Builder#enqueueTimeout}. */
    public Duration enqueueTimeout() {
        return enqueueTimeout;
    }

    /** See {@link Builder#deduplicationWindow}. */
    public Duration deduplicationWindow() {
        return deduplicationWindow;
    }

    /** See {@link Builder#maxPayloadBytes}. */
    public int maxPayloadBytes() {
        return maxPayloadBytes;
    }

    /** See {@link Builder#taskDefaults}. */
    public EnqueueOptions taskDefaults() {
        return taskDefaults;
    }

    /** See {@link Builder#workerDefaults}. */
    public WorkerOptions workerDefaults() {
        return workerDefaults;
    }

    /** In order of {@link Builder#intercept(EnqueueInterceptor)}. */
    public List<EnqueueInterceptor> enqueueInterceptors() {
        return enqueueInterceptors;
    }

    /** In order of {@link Builder#intercept(TaskInterceptor)}: the first is the outermost. */
    public List<TaskInterceptor> taskInterceptors() {
        return taskInterceptors;
    }

    /** In order of {@link Builder#listener}. */
    public List<TaskListener> listeners() {
        return listeners;
    }

    /** Collects options; not thread-safe. */
    public static final class Builder {
        private Codec codec = new JsonCodec();
        private Optional<Executor> executor = Optional.empty();
        private Time time = Time.system();
        private Optional<KeyValueStore> store = Optional.empty();
        private Duration enqueueTimeout = Duration.ofSeconds(10);
        private Duration deduplicationWindow = Duration.ofMinutes(5);
        private int maxPayloadBytes = 1 << 20;
        private EnqueueOptions taskDefaults = EnqueueOptions.DEFAULT;
        private WorkerOptions workerDefaults = WorkerOptions.DEFAULT;
        private final List<EnqueueInterceptor> enqueueInterceptors = new ArrayList<>();
        private final List<TaskInterceptor> taskInterceptors = new ArrayList<>();
        private final List<TaskListener> listeners = new ArrayList<>();

        private Builder() {}

        /** How payloads become bytes. Default: {@link JsonCodec}. */
        public Builder codec(Codec value) {
            codec = value;
            return this;
        }

        /**
         * What runs the handlers. It must not run them on the calling thread, and should have room for the concurrency
         * of all workers: concurrency is bounded by the workers, not by this. It is not shut down with the queue.
         * Default: daemon threads of the queue's own. With Java 21 and later, {@code
         * Executors.newVirtualThreadPerTaskExecutor()} is a good choice.
         */
        public Builder executor(Executor value) {
            executor = Optional.of(value);
            return this;
        }

        /** The clock. Default: the machine's. */
        public Builder time(Time value) {
            time = value;
            return this;
        }

        /** Gives options to brokers that cannot look a key up, such as deduplication. It is not closed with the queue. */
        public Builder store(KeyValueStore value) {
            store = Optional.of(value);
            return this;
        }

        /** How long an enqueue may take. Default: 10 seconds. */
        public Builder enqueueTimeout(Duration value) {
            enqueueTimeout = Durations.positive("enqueueTimeout", value);
            return this;
        }

        /** How long a deduplication id is remembered when the caller does not say. Default: 5 minutes. */
        public Builder deduplicationWindow(Duration value) {
            deduplicationWindow = Durations.positive("deduplicationWindow", value);
            return this;
        }

        /** The largest payload this queue takes, if the backend takes that much. Default: 1 MiB. */
        public Builder maxPayloadBytes(int value) {
            if (value < 1) {
                throw QueueException.invalid("maxPayloadBytes is " + value + ". It must be at least 1");
            }
            maxPayloadBytes = value;
            return this;
        }

        /** What every task gets that does not say otherwise. Default: nothing set. */
        public Builder taskDefaults(EnqueueOptions value) {
            taskDefaults = value;
            return this;
        }

        /** What every worker gets that does not say otherwise. Default: nothing set. */
        public Builder workerDefaults(WorkerOptions value) {
            workerDefaults = value;
            return this;
        }

        /** Adds an interceptor of enqueues; they run in the order in which they are added. */
        public Builder intercept(EnqueueInterceptor value) {
            enqueueInterceptors.add(value);
            return this;
        }

        /** Adds an interceptor of runs; the first one added is the outermost. */
        public Builder intercept(TaskInterceptor value) {
            taskInterceptors.add(value);
            return this;
        }

        /** Adds a listener. */
        public Builder listener(TaskListener value) {
            listeners.add(value);
            return this;
        }

        /** The options, independent of this builder. */
        public QueueOptions build() {
            return new QueueOptions(this);
        }
    }
}
