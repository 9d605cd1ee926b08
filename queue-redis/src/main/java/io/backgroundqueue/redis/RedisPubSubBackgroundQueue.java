package io.backgroundqueue.redis;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.redis.RedisPubSubDriver.EventBound;
import io.backgroundqueue.spi.QueueUrl;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import javax.net.ssl.SSLSocketFactory;

/**
 * Events that are fanned out through Redis Pub/Sub and kept nowhere: every queue object that consumes a topic at that
 * moment gets each event, at most once. An event runs once; a failure is the event {@link
 * io.backgroundqueue.TaskEvent.Dropped}. What would need a memory is refused: priority, delay, attempts, deduplication,
 * dead letters. For tasks that must not be lost use {@link RedisBackgroundQueue}.
 */
public final class RedisPubSubBackgroundQueue {
    private RedisPubSubBackgroundQueue() {}

    /** A builder with all defaults: {@code localhost:6379}, no password. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects options; not thread-safe. */
    public static final class Builder {
        private final RedisSettings settings = new RedisSettings();
        private int buffer = EventBound.DEFAULT.events();
        private long bufferBytes = EventBound.DEFAULT.bytes();
        private OptionalInt concurrency = OptionalInt.empty();
        private QueueOptions options = QueueOptions.DEFAULT;

        private Builder() {}

        /**
         * Address, TLS and credentials by URL: {@code redis+pubsub://user:password@host:6379}, or {@code
         * rediss+pubsub://} for TLS. Several nodes of a cluster are separated by commas; there is no database to name.
         * Parameters are not taken here; {@link BackgroundQueues#open(String)} takes them.
         */
        public Builder url(String url) {
            QueueUrl parsed = QueueUrl.parse(url);
            if (!RedisPubSubProvider.SCHEMES.contains(parsed.scheme())) {
                throw QueueException.invalid(
                        "The URL " + parsed + " begins with neither redis+pubsub: nor rediss+pubsub:");
            }
            settings.address(parsed);
            parsed.requireAllTaken();
            return this;
        }

        /** Where the server is. Default: {@code localhost}, 6379. */
        public Builder address(String host, int port) {
            settings.hosts = List.of(RedisSettings.host(host, port));
            return this;
        }

        /** Who connects, by an access control list of the server. Default: the server's default user. */
        public Builder user(String name) {
            settings.user = Optional.of(name);
            return this;
        }

        /** Default: none. */
        public Builder password(String value) {
            settings.password = Optional.of(value);
            return this;
        }

        /** Whether to speak TLS; the server's certificate and name are checked. Default: no. */
        public Builder tls(boolean on) {
            settings.tls = on;
            return this;
        }

        /** Whom to trust, and who to be, under TLS. Turns TLS on. Default: the platform's. */
        public Builder tls(SSLSocketFactory sockets) {
            settings.tls = true;
            settings.sockets = Optional.of(sockets);
            return this;
        }

        /** What every channel begins with: 1 to 64 of {@code A-Z a-z 0-9 . _ : -}. Default: {@code bq}. */
        public Builder prefix(String value) {
            settings.prefix(value);
            return this;
        }

        /** How long opening may take, and each later try to connect; longer than 0. Default: 5 seconds. */
        public Builder connectTimeout(Duration value) {
            settings.connectTimeout(value);
            return this;
        }

        /** How many events of one topic may wait for a handler; beyond it the oldest are dropped. Default: 10,000. */
        public Builder buffer(int events) {
            buffer = Math.toIntExact(atLeastOne("buffer", events));
            return this;
        }

        /** How many bytes of events of one topic may wait for a handler, likewise. Default: 64 MiB. */
        public Builder bufferBytes(long bytes) {
            bufferBytes = atLeastOne("bufferBytes", bytes);
            return this;
        }

        /** How many events a worker runs at once that does not say otherwise. 1 to 10,000. Default: 10. */
        public Builder concurrency(int events) {
            concurrency = WorkerOptions.DEFAULT.concurrency(events).concurrency();
            return this;
        }

        /** Everything else. Default: {@link QueueOptions#DEFAULT}. */
        public Builder options(QueueOptions value) {
            options = value;
            return this;
        }

        /**
         * Connects and opens the queue.
         *
         * @throws QueueException of kind UNAVAILABLE if the server cannot be reached within the connect timeout;
         *     MISCONFIGURED if it refuses user or password
         */
        public BackgroundQueue build() {
            QueueOptions all = concurrency.isEmpty()
                    ? options
                    : options.toBuilder()
                            .workerDefaults(options.workerDefaults().concurrency(concurrency.getAsInt()))
                            .build();
            EventBound bound = new EventBound(buffer, bufferBytes);
            return BackgroundQueues.over(RedisPubSubDriver.open(settings.copy(), bound, all.time()), all);
        }

        private static long atLeastOne(String name, long value) {
            if (value < 1) {
                throw QueueException.invalid(name + " is " + value + ". It must be at least 1");
            }
            return value;
        }
    }
}
