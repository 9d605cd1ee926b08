package io.backgroundqueue.redis;

import io.backgroundqueue.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Reads what a server answered: bytes, whole numbers, lists of these, or nothing. */
final class Replies {
    private Replies() {}

    static List<?> list(@Nullable Object reply) {
        if (reply instanceof List<?> list) {
            return list;
        }
        throw unexpected("a list", reply);
    }

    /** A number, also one that came as text. */
    static long number(@Nullable Object reply) {
        return reply instanceof Long number ? number : Long.parseLong(text(reply));
    }

    static String text(@Nullable Object reply) {
        if (reply instanceof byte[] bytes) {
            return new String(bytes, StandardCharsets.UTF_8);
        }
        throw unexpected("a text", reply);
    }

    /** Takes the array over. */
    static Bytes bytes(@Nullable Object reply) {
        if (reply instanceof byte[] bytes) {
            return Bytes.wrap(bytes);
        }
        throw unexpected("bytes", reply);
    }

    /** A number of milliseconds that came as text, or nothing. */
    static OptionalLong millis(@Nullable Object reply) {
        String text = text(reply);
        return text.isEmpty() ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(text));
    }

    private static IllegalStateException unexpected(String wanted, @Nullable Object reply) {
        return new IllegalStateException("The server answered "
                + (reply == null ? "nothing" : reply.getClass().getSimpleName()) + " where " + wanted
                + " was expected. Is it a Redis or Valkey server, and no proxy that changes answers?");
    }
}
