/** Tasks on quorum queues of RabbitMQ. */
@NullMarked
package io.backgroundqueue.rabbitmq;

import org.jspecify.annotations.NullMarked;
