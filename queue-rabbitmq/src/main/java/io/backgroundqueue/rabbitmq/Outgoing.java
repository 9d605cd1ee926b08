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
    /** The queue whose confirm comes for it; or the exchange and the key, where several may take it. */
    String confirmedBy() {
        if (exchange.isEmpty()) {
            return key;
        }
        return exchange.startsWith(DelayLeg.GRID) ? DelayLeg.firstQueue(key) : exchange + " " + key;
    }

    /** Whether a message that came back is this one, as far as can be told: a return bears no number. */
    boolean isReturned(String fromExchange, String byKey, BasicProperties with) {
        return exchange.equals(fromExchange)
                && key.equals(byKey)
                && MessageHeaders.id(properties).equals(MessageHeaders.id(with));
    }
}
