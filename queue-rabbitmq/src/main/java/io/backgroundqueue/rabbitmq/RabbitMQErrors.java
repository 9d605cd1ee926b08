package io.backgroundqueue.rabbitmq;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.Method;
import com.rabbitmq.client.PossibleAuthenticationFailureException;
import com.rabbitmq.client.ShutdownSignalException;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.spi.ErrorClass;
import java.util.Optional;

/** What the errors of server and client mean. */
final class RabbitMQErrors {
    private static final int LONGEST_CHAIN = 20;

    /**
     * Why the server closed a channel or a connection.
     *
     * @param code AMQP's reply code, such as 404
     * @param text the server's words
     */
    record Reason(int code, String text) {}

    private RabbitMQErrors() {}

    static ErrorClass classify(Exception error) {
        if (error instanceof QueueException ours) {
            return classify(ours.kind());
        }
        if (error instanceof RabbitMQFailure ours) {
            return ours.errorClass();
        }
        if (error instanceof InterruptedException) {
            return ErrorClass.TRANSIENT;
        }
        if (error instanceof AuthenticationFailureException) {
            return ErrorClass.MISCONFIGURED;
        }
        if (error instanceof PossibleAuthenticationFailureException) {
            // The connection ended during the login, for whatever reason: a broker that refuses says so.
            return ErrorClass.TRANSIENT;
        }
        return reason(error).map(reason -> classify(reason.code())).orElse(ErrorClass.OUTCOME_UNKNOWN);
    }

    /** What the server said when it closed, if that is what ended the call. */
    static Optional<Reason> reason(Throwable error) {
        Throwable at = error;
        for (int depth = 0; at != null && depth < LONGEST_CHAIN; depth++) {
            if (at instanceof ShutdownSignalException signal) {
                return reason(signal.getReason());
            }
            at = at.getCause();
        }
        return Optional.empty();
    }

    private static Optional<Reason> reason(Method closing) {
        if (closing instanceof AMQP.Channel.Close channel) {
            return Optional.of(new Reason(channel.getReplyCode(), channel.getReplyText()));
        }
        return closing instanceof AMQP.Connection.Close connection
                ? Optional.of(new Reason(connection.getReplyCode(), connection.getReplyText()))
                : Optional.empty();
    }

    private static ErrorClass classify(int code) {
        return switch (code) {
            case AMQP.ACCESS_REFUSED,
                    AMQP.NOT_FOUND,
                    AMQP.PRECONDITION_FAILED,
                    AMQP.NOT_ALLOWED,
                    AMQP.NOT_IMPLEMENTED,
                    AMQP.INVALID_PATH -> ErrorClass.MISCONFIGURED;
            case AMQP.RESOURCE_LOCKED -> ErrorClass.TRANSIENT;
            case AMQP.RESOURCE_ERROR -> ErrorClass.THROTTLED;
            default -> ErrorClass.OUTCOME_UNKNOWN;
        };
    }

    private static ErrorClass classify(QueueException.Kind kind) {
        return switch (kind) {
            case CLOSED -> ErrorClass.CLOSED;
            case OVERLOADED -> ErrorClass.THROTTLED;
            case MISCONFIGURED -> ErrorClass.MISCONFIGURED;
            case INVALID, TOO_LARGE, UNSUPPORTED -> ErrorClass.REFUSED;
            case UNAVAILABLE -> ErrorClass.TRANSIENT;
            case OUTCOME_UNKNOWN -> ErrorClass.OUTCOME_UNKNOWN;
        };
    }
}
