package io.backgroundqueue.internal;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.QueueUrl;
import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** Turns a backend's raw errors into {@link QueueException}s, once, and without the secrets they may quote. */
final class Errors {
    private Errors() {}

    /** An error of a client library whose message quoted a secret: same class name, same place, cleaned message. */
    private static final class CleanedException extends Exception {
        @Serial
        private static final long serialVersionUID = 1L;

        CleanedException(Throwable original, @Nullable Throwable cause) {
            super(original.getClass().getName() + ": " + QueueUrl.redact(String.valueOf(messageOf(original))), cause);
            setStackTrace(original.getStackTrace());
        }
    }

    /** The exception for an application. {@code what} says what was tried, as in "stats of 'mail'". */
    static QueueException wrap(ErrorClass errorClass, String what, Throwable cause, @Nullable String taskId) {
        if (cause instanceof QueueException already) {
            return already;
        }
        Kind kind = kind(errorClass);
        return new QueueException(
                kind, what + " failed: " + describe(cause) + ". " + advice(kind), taskId, clean(cause));
    }

    static Kind kind(ErrorClass errorClass) {
        return switch (errorClass) {
            case TRANSIENT -> Kind.UNAVAILABLE;
            case THROTTLED -> Kind.OVERLOADED;
            case OUTCOME_UNKNOWN -> Kind.OUTCOME_UNKNOWN;
            case REFUSED -> Kind.INVALID;
            case MISCONFIGURED -> Kind.MISCONFIGURED;
            case CLOSED -> Kind.CLOSED;
        };
    }

    /** The error's class and message, cleaned, for another message. */
    static String describe(Throwable cause) {
        String message = messageOf(cause);
        String name = cause.getClass().getSimpleName();
        return message == null ? name : QueueUrl.redact(message) + " (" + name + ")";
    }

    /** The same error, or a copy where some message in its chain quoted a secret. */
    static Throwable clean(Throwable error) {
        return quotesSecret(error, 0) ? cleaned(error, 0) : error;
    }

    private static boolean quotesSecret(@Nullable Throwable error, int depth) {
        if (error == null || depth > 20) {
            return false;
        }
        String message = messageOf(error);
        if (message != null && !QueueUrl.redact(message).equals(message)) {
            return true;
        }
        for (Throwable suppressed : error.getSuppressed()) {
            if (quotesSecret(suppressed, depth + 1)) {
                return true;
            }
        }
        return quotesSecret(error.getCause(), depth + 1);
    }

    private static Throwable cleaned(Throwable error, int depth) {
        Throwable cause = error.getCause();
        Throwable copy = new CleanedException(error, cause == null || depth > 20 ? null : cleaned(cause, depth + 1));
        if (depth <= 20) {
            for (Throwable suppressed : error.getSuppressed()) {
                copy.addSuppressed(cleaned(suppressed, depth + 1));
            }
        }
        return copy;
    }

    /** The message, unless the error cannot even tell that. */
    private static @Nullable String messageOf(Throwable error) {
        try {
            return error.getMessage();
        } catch (RuntimeException | Error unprintable) {
            return null;
        }
    }

    private static String advice(Kind kind) {
        return switch (kind) {
            case UNAVAILABLE -> "Nothing was stored: repeat it when the backend can be reached";
            case OVERLOADED -> "Nothing was stored: the backend is full or asks for patience, repeat it later";
            case OUTCOME_UNKNOWN -> "It may have taken effect: the answer was lost";
            case MISCONFIGURED -> "An operator has to mend the backend's set-up";
            case CLOSED -> "Open a new queue";
            default -> "Do not repeat it unchanged";
        };
    }
}
