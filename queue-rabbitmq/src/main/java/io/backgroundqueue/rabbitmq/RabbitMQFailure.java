package io.backgroundqueue.rabbitmq;

import io.backgroundqueue.spi.ErrorClass;
import java.io.IOException;
import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** What the client library has no error for: a return, a nack, a confirm that did not come. Knows what may be done about it. */
final class RabbitMQFailure extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final ErrorClass errorClass;

    RabbitMQFailure(ErrorClass errorClass, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.errorClass = errorClass;
    }

    ErrorClass errorClass() {
        return errorClass;
    }

    /** Whether nothing has happened, and the engine asks for the same again: at once, or when an operator has mended it. */
    boolean isNothingDone() {
        return errorClass == ErrorClass.TRANSIENT
                || errorClass == ErrorClass.THROTTLED
                || errorClass == ErrorClass.MISCONFIGURED;
    }
}
