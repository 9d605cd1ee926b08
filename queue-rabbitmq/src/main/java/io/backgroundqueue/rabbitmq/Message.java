package io.backgroundqueue.rabbitmq;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.backgroundqueue.Bytes;

/** What a queue holds. */
record Message(BasicProperties properties, Bytes body) {}
