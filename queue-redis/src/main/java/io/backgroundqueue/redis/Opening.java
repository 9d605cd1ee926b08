package io.backgroundqueue.redis;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.QueueUrl;
import java.util.function.Supplier;

/** Says what went wrong when a server is opened, to somebody who sees no error of the client library's. */
final class Opening {
    private Opening() {}

    static RedisDriver of(RedisSettings settings, Time time) {
        return explained(settings, () -> RedisDriver.open(settings, time));
    }

    static <T> T explained(RedisSettings settings, Supplier<T> opening) {
        try {
            return opening.get();
        } catch (QueueException clear) {
            throw clear;
        } catch (RuntimeException failed) {
            boolean setUp = RedisErrors.classify(failed) == io.backgroundqueue.spi.ErrorClass.MISCONFIGURED;
            throw new QueueException(
                    setUp ? Kind.MISCONFIGURED : Kind.UNAVAILABLE,
                    settings + " could not be opened within " + settings.connectTimeout + ": "
                            + QueueUrl.redact(String.valueOf(failed.getMessage())) + ". Check "
                            + (setUp ? "user, password and database" : "that the server runs, and its address"),
                    null,
                    failed);
        }
    }
}
