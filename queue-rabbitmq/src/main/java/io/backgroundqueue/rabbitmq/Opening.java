package io.backgroundqueue.rabbitmq;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.QueueUrl;
import java.io.IOException;

/** Says what went wrong when a broker is opened, to somebody who sees no error of the client library's. */
final class Opening {
    private Opening() {}

    static RabbitMQDriver of(RabbitMQSettings settings, Time time) {
        try {
            return RabbitMQDriver.open(settings, time);
        } catch (QueueException clear) {
            throw clear;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw failed(settings, interrupted);
        } catch (IOException | RuntimeException failed) {
            throw failed(settings, failed);
        }
    }

    private static QueueException failed(RabbitMQSettings settings, Exception failed) {
        boolean setUp = RabbitMQErrors.classify(failed) == ErrorClass.MISCONFIGURED;
        return new QueueException(
                setUp ? Kind.MISCONFIGURED : Kind.UNAVAILABLE,
                "RabbitMQ could not be opened within " + settings.connectTimeout + ": "
                        + QueueUrl.redact(String.valueOf(failed.getMessage())) + ". Check "
                        + (setUp
                                ? "user, password, virtual host and permissions"
                                : "that it runs, its address, and under TLS its certificate"),
                null,
                failed);
    }
}
