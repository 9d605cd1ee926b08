package io.backgroundqueue.rabbitmq;

import com.rabbitmq.client.BuiltinExchangeType;

/** How the exchange that tasks are published to spreads them. */
public enum RabbitMQExchangeType {
    /** To the queue of the topic: all workers share its tasks. */
    DIRECT(BuiltinExchangeType.DIRECT),
    /** To the queue that each group has for the topic: each group gets each task once. */
    TOPIC(BuiltinExchangeType.TOPIC),
    /** As {@link #TOPIC}, by a fanout exchange; each group then picks its topics out of all. */
    FANOUT(BuiltinExchangeType.FANOUT);

    private final BuiltinExchangeType builtin;

    RabbitMQExchangeType(BuiltinExchangeType builtin) {
        this.builtin = builtin;
    }

    BuiltinExchangeType builtin() {
        return builtin;
    }

    /** Whether each group gets a copy of each task. */
    boolean spreads() {
        return this != DIRECT;
    }
}
