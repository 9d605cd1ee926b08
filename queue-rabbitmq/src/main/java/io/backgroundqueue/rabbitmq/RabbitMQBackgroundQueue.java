package io.backgroundqueue.rabbitmq;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.spi.QueueUrl;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import javax.net.ssl.SSLSocketFactory;

/**
 * A durable queue on RabbitMQ 3.10 or later, on quorum queues and without plugins. A task runs at most 3 times by default,
 * with an exponential pause from 1 second between, as on every backend. Queues of one prefix on one virtual host share
 * their tasks.
 */
public final class RabbitMQBackgroundQueue {
    private RabbitMQBackgroundQueue() {}

    /** A builder with all defaults: {@code localhost:5672}, virtual host {@code /}, user guest. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects options; not thread-safe. */
    public static final class Builder {
        private final RabbitMQSettings settings = new RabbitMQSettings();
        private OptionalInt concurrency = OptionalInt.empty();
        private QueueOptions options = QueueOptions.DEFAULT;
        private boolean addressed;

        private Builder() {}

        /**
         * Address, TLS, credentials and virtual host by URL: {@code amqp://user:password@host:5672/vhost}, or {@code
         * amqps://} for TLS. Several hosts of a cluster are separated by commas. Parameters are not taken here; {@link
         * BackgroundQueues#open(String)} takes them.
         */
        public Builder url(String url) {
            QueueUrl parsed = QueueUrl.parse(url);
            if (!RabbitMQProvider.SCHEMES.contains(parsed.scheme())) {
                throw QueueException.invalid("The URL " + parsed + " begins with neither amqp: nor amqps:");
            }
            settings.address(parsed);
            parsed.requireAllTaken();
            addressed = true;
            return this;
        }

        /** A node of the cluster; call it once per node, and they are tried in turn. Default: {@code localhost}, 5672. */
        public Builder address(String host, int port) {
            List<com.rabbitmq.client.Address> all = addressed ? new ArrayList<>(settings.addresses) : new ArrayList<>();
            all.add(RabbitMQSettings.address(host, port));
            settings.addresses = List.copyOf(all);
            addressed = true;
            return this;
        }

        /** Who connects. Default: guest, whom a broker takes from its own machine only. */
        public Builder credentials(String user, String password) {
            settings.user = Optional.of(user);
            settings.password = Optional.of(password);
            return this;
        }

        /** The virtual host. Default: {@code /}. */
        public Builder virtualHost(String name) {
            settings.virtualHost = name;
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

        /** What the name of every queue begins with: 1 to 32 of {@code A-Z a-z 0-9 _ -}. Default: {@code bq}. */
        public Builder prefix(String value) {
            settings.prefix(value);
            return this;
        }

        /**
         * The exchange that tasks are published to: 1 to 64 of {@code A-Z a-z 0-9 . _ -}. Default: none, they go to
         * their queues directly.
         */
        public Builder exchange(String name) {
            settings.exchange(name);
            return this;
        }

        /** How the exchange spreads tasks. Default: {@link RabbitMQExchangeType#DIRECT}. */
        public Builder exchangeType(RabbitMQExchangeType type) {
            settings.exchangeType = type;
            return this;
        }

        /**
         * For whom workers work, behind an exchange of the type topic or fanout: each group gets each task once. 1 to 32
         * of {@code A-Z a-z 0-9 _ -}. Default: none; then this queue only enqueues there.
         */
        public Builder group(String name) {
            settings.group(name);
            return this;
        }

        /** Whether queues and exchanges are declared when they are needed. Default: yes. */
        public Builder createTopology(boolean create) {
            settings.createTopology = create;
            return this;
        }

        /** How long opening may take, and each later try to connect; longer than 0. Default: 5 seconds. */
        public Builder connectTimeout(Duration value) {
            settings.connectTimeout(value);
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
         * @throws QueueException of kind UNAVAILABLE if the broker cannot be reached within the connect timeout;
         *     MISCONFIGURED if it refuses the user, or is too old
         */
        public BackgroundQueue build() {
            QueueOptions all = concurrency.isEmpty()
                    ? options
                    : options.toBuilder()
                            .workerDefaults(options.workerDefaults().concurrency(concurrency.getAsInt()))
                            .build();
            return BackgroundQueues.over(Opening.of(settings.verified(), all.time()), all);
        }
    }
}
