package io.backgroundqueue;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** A handler's answer: this task can never succeed. It goes to the dead letters at once, with the reason. */
public final class NonRetryableException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    /** With the reason that the dead letter shows. */
    public NonRetryableException(String reason) {
        super(reason);
    }

    /** With the reason that the dead letter shows, and what lies behind it. */
    public NonRetryableException(String reason, @Nullable Throwable cause) {
        super(reason, cause);
    }
}
