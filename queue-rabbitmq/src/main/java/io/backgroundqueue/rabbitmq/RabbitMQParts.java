package io.backgroundqueue.rabbitmq;

import io.backgroundqueue.Time;

/** What the receivers and cursors of one driver share. */
record RabbitMQParts(Names names, Topology topology, Messages messages, Publisher publisher, Time time) {}
