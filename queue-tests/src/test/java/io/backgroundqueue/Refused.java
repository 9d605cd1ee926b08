package io.backgroundqueue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.backgroundqueue.QueueException.Kind;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Asserts that a call is refused, with a kind and with words that help. */
public final class Refused {
    private Refused() {}

    /** The exception, whose kind and message are as they should be. */
    public static QueueException refused(Kind kind, ThrowingCallable call, String... fragments) {
        QueueException error = catchThrowableOfType(QueueException.class, call);
        assertThat(error).as("a QueueException of kind %s", kind).isNotNull();
        assertThat(error.kind()).as(error.getMessage()).isEqualTo(kind);
        assertThat(error).hasMessageContainingAll(fragments);
        return error;
    }

    /** {@link #refused} of kind INVALID. */
    public static QueueException invalid(ThrowingCallable call, String... fragments) {
        return refused(Kind.INVALID, call, fragments);
    }
}
