package io.backgroundqueue.rabbitmq;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.backgroundqueue.Bytes;

/**
 * A message to publish.
 *
 * @param exchange empty for the default one
 * @param key the routing key
 */
record Outgoing(String exchange, String key, BasicProperties properties, Bytes body) {
    /** Whether a message that came back is this one, as far as can be told: a return bears no number. */
    boolean isReturned(String fromExchange, String byKey, BasicProperties with) {
        return exchange.equals(fromExchange)
                && key.equals(byKey)
                && MessageHeaders.id(properties).equals(MessageHeaders.id(with));
    }
}
