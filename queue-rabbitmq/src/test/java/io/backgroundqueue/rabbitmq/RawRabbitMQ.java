package io.backgroundqueue.rabbitmq;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.backgroundqueue.spi.Lanes;
import io.backgroundqueue.testkit.FaultProxy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.security.GeneralSecurityException;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.TimeoutException;

/** A client that knows nothing of us but the names of queues and how they are declared. */
final class RawRabbitMQ implements AutoCloseable {
    private static final Map<String, Object> ARGUMENTS =
            Map.of("x-queue-type", "quorum", "x-overflow", "reject-publish", "x-delivery-limit", Integer.MAX_VALUE);
    private static final long CONFIRM_MILLIS = 10_000;

    private final Connection connection;
    private final Channel channel;

    RawRabbitMQ(String url) throws IOException {
        try {
            ConnectionFactory factory = new ConnectionFactory();
            factory.setUri(url);
            factory.setAutomaticRecoveryEnabled(false);
            connection = factory.newConnection("raw");
            channel = connection.createChannel();
            channel.confirmSelect();
        } catch (TimeoutException | URISyntaxException | GeneralSecurityException failed) {
            throw new IOException("no connection to the broker", failed);
        }
    }

    Channel channel() {
        return channel;
    }

    /** Declares a queue as we do, and puts a message into it. */
    void publish(String queue, AMQP.BasicProperties properties, byte[] body) throws Exception {
        channel.queueDeclare(queue, true, false, false, ARGUMENTS);
        channel.basicPublish("", queue, true, properties, body);
        channel.waitForConfirmsOrDie(CONFIRM_MILLIS);
    }

    static String lane(String topic, int lane) {
        return "bq." + topic + ".l" + lane;
    }

    static String dead(String topic) {
        return "bq." + topic + ".dead";
    }

    /** Deletes the queues of topics. */
    static void delete(String url, Collection<String> topics) {
        if (topics.isEmpty()) {
            return;
        }
        try (RawRabbitMQ raw = new RawRabbitMQ(url)) {
            for (String topic : topics) {
                raw.channel.queueDelete(dead(topic));
                for (int lane = 0; lane < Lanes.COUNT; lane++) {
                    raw.channel.queueDelete(lane(topic, lane));
                }
            }
        } catch (IOException kept) {
            throw new UncheckedIOException("the queues of a test were not deleted", kept);
        }
    }

    /** A proxy before the broker of this URL. */
    static FaultProxy proxy(String url) {
        URI address = URI.create(url);
        return FaultProxy.to(address.getHost(), port(address));
    }

    /** The same URL, with the proxy in place of the broker. */
    static String through(FaultProxy network, String url) {
        URI address = URI.create(url);
        String before = address.getRawUserInfo() == null ? "" : address.getRawUserInfo() + "@";
        String after = address.getRawPath() + (address.getRawQuery() == null ? "" : "?" + address.getRawQuery());
        return address.getScheme() + "://" + before + network.host() + ":" + network.port() + after;
    }

    private static int port(URI address) {
        return address.getPort() < 0 ? ConnectionFactory.DEFAULT_AMQP_PORT : address.getPort();
    }

    @Override
    public void close() throws IOException {
        connection.close();
    }
}
