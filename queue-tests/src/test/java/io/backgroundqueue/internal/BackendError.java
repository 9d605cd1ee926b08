package io.backgroundqueue.internal;

import io.backgroundqueue.spi.ErrorClass;
import java.io.Serial;

/** An error of the scripted backend; it knows its own class. */
final class BackendError extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    final ErrorClass errorClass;

    BackendError(ErrorClass errorClass, String message) {
        super(message);
        this.errorClass = errorClass;
    }
}
