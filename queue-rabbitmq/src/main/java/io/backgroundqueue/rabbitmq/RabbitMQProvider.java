package io.backgroundqueue.rabbitmq;

import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.QueueDriverProvider;
import io.backgroundqueue.spi.QueueUrl;
import java.util.Set;

/**
 * Opens {@code amqp://user:password@host:5672/vhost} and {@code amqps:}, which is TLS. Parameters: {@code addresses}, the
 * hosts and ports of a cluster, separated by commas, instead of the URL's; {@code prefix}, what every queue's name begins
 * with, default {@code bq}; {@code exchange}, {@code exchangeType} ({@code direct}, {@code topic} or {@code fanout}) and
 * {@code group}; {@code createTopology}, default true; {@code connectTimeout}, default 5 s. Thread-safe.
 */
public final class RabbitMQProvider implements QueueDriverProvider {
    static final Set<String> SCHEMES = Set.of("amqp", "amqps");

    /** For {@link java.util.ServiceLoader}. */
    public RabbitMQProvider() {}

    @Override
    public Set<String> schemes() {
        return SCHEMES;
    }

    @Override
    public QueueDriver open(QueueUrl url, QueueOptions options) {
        return Opening.of(RabbitMQSettings.of(url).verified(), options.time());
    }
}
