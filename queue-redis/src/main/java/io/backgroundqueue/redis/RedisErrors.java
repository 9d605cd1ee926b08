package io.backgroundqueue.redis;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.spi.ErrorClass;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import redis.clients.jedis.exceptions.JedisDataException;

/** What the errors of server and client mean. */
final class RedisErrors {
    /** Redis 6 quotes the error of a command inside a script; later ones pass it on. */
    private static final Pattern CODE = Pattern.compile("^(?:ERR .*?-(?=[A-Z]{3,} ))?([A-Z]+)\\b", Pattern.DOTALL);

    private RedisErrors() {}

    static ErrorClass classify(Exception error) {
        if (error instanceof QueueException ours) {
            return classify(ours.kind());
        }
        if (error instanceof NotConnectedException || error instanceof InterruptedException) {
            return ErrorClass.TRANSIENT;
        }
        return error instanceof JedisDataException answer
                ? classify(code(answer), String.valueOf(answer.getMessage()))
                : ErrorClass.OUTCOME_UNKNOWN;
    }

    /** The first word of an error, such as OOM or MOVED. */
    static String code(JedisDataException error) {
        Matcher code = CODE.matcher(String.valueOf(error.getMessage()));
        return code.find() ? code.group(1) : "";
    }

    private static ErrorClass classify(String code, String message) {
        return switch (code) {
            case "OOM" -> ErrorClass.THROTTLED;
            // Refused before anything was done; a restart, a failover or a moved slot comes to an end.
            case "BUSY",
                    "LOADING",
                    "READONLY",
                    "MASTERDOWN",
                    "CLUSTERDOWN",
                    "TRYAGAIN",
                    "ASK",
                    "MOVED",
                    "NOREPLICAS",
                    "UNBLOCKED",
                    "NOSCRIPT",
                    "UNKILLABLE" -> ErrorClass.TRANSIENT;
            case "NOAUTH", "WRONGPASS", "NOPERM", "MISCONF", "CROSSSLOT", "NOPROTO", "DENIED" ->
                ErrorClass.MISCONFIGURED;
            case "WRONGTYPE" -> inScript(message) ? ErrorClass.OUTCOME_UNKNOWN : ErrorClass.MISCONFIGURED;
            case "ERR" -> err(message);
            default -> ErrorClass.OUTCOME_UNKNOWN;
        };
    }

    /** Everything without a code of its own. */
    private static ErrorClass err(String message) {
        if (message.contains("max number of clients")) {
            return ErrorClass.THROTTLED;
        }
        if (message.contains("unknown command")
                || message.contains("invalid password")
                || message.contains("AUTH")
                || message.contains("DB index")) {
            return ErrorClass.MISCONFIGURED;
        }
        return inScript(message) ? ErrorClass.OUTCOME_UNKNOWN : ErrorClass.REFUSED;
    }

    /** A script that stops in the middle has done a part of its work. */
    private static boolean inScript(String message) {
        return message.contains("script");
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
