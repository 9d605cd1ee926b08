package io.backgroundqueue;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;

/** What headers may hold: the same on every backend, so that a task can move between them. */
final class Headers {
    private static final int MOST = 64;
    private static final int MOST_BYTES = 8 * 1024;
    private static final Set<String> RESERVED = Set.of("id", "type", "time");

    private Headers() {}

    static Map<String, String> checked(Map<String, String> headers) {
        if (headers.isEmpty()) {
            return Map.of();
        }
        if (headers.size() > MOST) {
            throw tooLarge(headers.size() + " headers are set. At most " + MOST + " travel with a task");
        }
        int bytes = 0;
        for (Map.Entry<String, String> header : headers.entrySet()) {
            checkName(header.getKey());
            bytes += header.getKey().length() + header.getValue().getBytes(StandardCharsets.UTF_8).length;
        }
        if (bytes > MOST_BYTES) {
            throw tooLarge("the headers take " + bytes + " bytes. At most " + MOST_BYTES
                    + " travel with a task: put larger data into the payload");
        }
        return Map.copyOf(headers);
    }

    private static void checkName(String name) {
        if (name.isEmpty() || name.length() > 128 || !name.chars().allMatch(Headers::legal)) {
            throw QueueException.invalid(
                    "the header name '" + name + "' is not legal. Use 1 to 128 of A-Z a-z 0-9 . _ -");
        }
        if (name.startsWith("bq") || RESERVED.contains(name)) {
            throw QueueException.invalid("the header name '" + name
                    + "' is reserved: id, type, time and names that begin with bq belong to the wire format");
        }
    }

    private static boolean legal(int c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '.'
                || c == '_'
                || c == '-';
    }

    private static QueueException tooLarge(String message) {
        return new QueueException(QueueException.Kind.TOO_LARGE, message);
    }
}
