package io.backgroundqueue.brokers;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.MessageProperties;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Messages in a RabbitMQ, as somebody who knows nothing of us writes and reads them. */
final class Published {
    private static final Map<String, Object> QUORUM = Map.of("x-queue-type", "quorum");
    private static final long CONFIRM_MILLIS = 10_000;

    private Published() {}

    /** Puts a text into a quorum queue, and returns when the broker has it. */
    static void to(String url, String queue, String text) throws Exception {
        try (Connection connection = connection(url);
                Channel channel = connection.createChannel()) {
            channel.queueDeclare(queue, true, false, false, QUORUM);
            channel.confirmSelect();
            AMQP.BasicProperties persistent = MessageProperties.PERSISTENT_TEXT_PLAIN;
            channel.basicPublish("", queue, true, persistent, text.getBytes(StandardCharsets.UTF_8));
            channel.waitForConfirmsOrDie(CONFIRM_MILLIS);
        }
    }

    /** The next text of a queue, which is gone then; {@code "nothing"} for none. */
    static String in(String url, String queue) throws Exception {
        try (Connection connection = connection(url);
                Channel channel = connection.createChannel()) {
            channel.queueDeclare(queue, true, false, false, QUORUM);
            GetResponse found = channel.basicGet(queue, true);
            return found == null ? "nothing" : new String(found.getBody(), StandardCharsets.UTF_8);
        }
    }

    static Connection connection(String url) throws Exception {
        ConnectionFactory factory = new ConnectionFactory();
        factory.setUri(url);
        factory.setAutomaticRecoveryEnabled(false);
        return factory.newConnection("raw");
    }
}
