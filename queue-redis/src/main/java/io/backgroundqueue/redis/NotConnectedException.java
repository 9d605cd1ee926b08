package io.backgroundqueue.redis;

import java.io.Serial;
import redis.clients.jedis.exceptions.JedisConnectionException;

/** The client library's own error, from before the request was sent: nothing has happened. */
final class NotConnectedException extends JedisConnectionException {
    @Serial
    private static final long serialVersionUID = 1L;

    NotConnectedException(String message, Throwable cause) {
        super(message + ": " + cause.getMessage(), cause);
    }
}
