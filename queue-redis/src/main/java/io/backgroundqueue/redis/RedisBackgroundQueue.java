package io.backgroundqueue.redis;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.spi.QueueUrl;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import javax.net.ssl.SSLSocketFactory;

/**
 * A durable queue on Redis (6.2 or later) or Valkey, stand-alone or in a cluster. A task runs at most 3 times by
 * default, with an exponential pause from 1 second between, as on every backend. Queues of one prefix on one server share
 * their tasks.
 */
public final class RedisBackgroundQueue {
    private RedisBackgroundQueue() {}

    /** A builder with all defaults: {@code localhost:6379}, database 0, no password. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects options; not thread-safe. */
    public static final class Builder {
        private final RedisSettings settings = new RedisSettings();
        private OptionalInt concurrency = OptionalInt.empty();
        private QueueOptions options = QueueOptions.DEFAULT;

        private Builder() {}

        /**
         * Address, TLS, credentials and database by URL: {@code redis://user:password@host:6379/0}, or {@code rediss://}
         * for TLS. Several hosts of a cluster are separated by commas. Parameters are not taken here; {@link
         * BackgroundQueues#open(String)} takes them.
         */
        public Builder url(String url) {
            QueueUrl parsed = QueueUrl.parse(url);
            if (!RedisProvider.SCHEMES.contains(parsed.scheme())) {
                throw QueueException.invalid("The URL " + parsed + " begins with neither redis: nor rediss:");
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

        /** The number of the database, 0 or more; a cluster has only 0. Default: 0. */
        public Builder database(int number) {
            settings.database(number);
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

        /** What every key begins with, in braces: 1 to 64 of {@code A-Z a-z 0-9 . _ : -}. Default: {@code bq}. */
        public Builder prefix(String value) {
            settings.prefix(value);
            return this;
        }

        /** How long opening may take, and each later try to connect; longer than 0. Default: 5 seconds. */
        public Builder connectTimeout(Duration value) {
            settings.connectTimeout(value);
            return this;
        }

        /** When an enqueue counts as accepted. Default: {@link RedisDurability#AS_SERVER}. */
        public Builder durability(RedisDurability value) {
            settings.durability = value;
            return this;
        }

        /**
         * How long dead letters are kept, longer than 0; they go when somebody looks, and every minute while there is a
         * worker. Default: until they are purged.
         */
        public Builder deadLetterRetention(Duration kept) {
            settings.deadLetterRetention(kept);
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
         * Connects and opens the queue.
         *
         * @throws QueueException of kind UNAVAILABLE if the server cannot be reached within the connect timeout;
         *     MISCONFIGURED if it is too old, evicts keys, is a replica, or cannot keep the durability
         */
        public BackgroundQueue build() {
            QueueOptions all = concurrency.isEmpty()
                    ? options
                    : options.toBuilder()
                            .workerDefaults(options.workerDefaults().concurrency(concurrency.getAsInt()))
                            .build();
            return BackgroundQueues.over(Opening.of(settings.copy(), all.time()), all);
        }
    }
}
