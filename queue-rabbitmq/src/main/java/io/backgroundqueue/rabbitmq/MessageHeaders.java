package io.backgroundqueue.rabbitmq;

import com.rabbitmq.client.AMQP.BasicProperties;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a task as the {@code headers} of a message. Names that the broker writes itself, or acts upon, are the
 * user's under another name: {@code CC} is {@code bqh-CC}.
 */
final class MessageHeaders {
    /** How often a task was handed out before it was copied to be given back. */
    static final String STARTS = "bqstarts";

    /** The delay is longer than the grid: {@code bqdue} says what is left of it. */
    static final String PARTIAL = "bqpartial";

    static final String REASON = "bqreason";
    static final String DIED = "bqdied";

    /** What a letter is called that names no task. */
    static final String LETTER = "bqletter";

    private static final String ESCAPE = "bqh-";
    private static final String[] BROKERS = {
        "x-death",
        "x-first-death-",
        "x-last-death-",
        "x-delivery-count",
        "x-acquired-count",
        "x-opt-",
        "x-stream-",
        "x-received-from"
    };

    private MessageHeaders() {}

    /** A message that survives a restart. */
    static BasicProperties properties(Map<String, String> fields) {
        Map<String, Object> headers = new HashMap<>();
        fields.forEach((name, value) -> headers.put(isTaken(name) ? ESCAPE + name : name, value));
        return new BasicProperties.Builder().deliveryMode(2).headers(headers).build();
    }

    /** What {@link #properties} was given, or what a foreign producer wrote. */
    static Map<String, String> fields(BasicProperties properties) {
        Map<String, String> fields = new TreeMap<>();
        headers(properties).forEach((name, value) -> {
            if (value != null && !isTaken(name)) {
                fields.put(name.startsWith(ESCAPE) ? name.substring(ESCAPE.length()) : name, value.toString());
            }
        });
        return fields;
    }

    /** The task's id; empty where there is none. */
    static String id(BasicProperties properties) {
        Object id = headers(properties).get("id");
        return id == null ? "" : id.toString();
    }

    static boolean has(BasicProperties properties, String name) {
        return headers(properties).containsKey(name);
    }

    /** How often the message was handed out before, at most: the broker counts what it took back, for whatever reason. */
    static int starts(BasicProperties properties) {
        Map<String, Object> headers = headers(properties);
        return number(headers.get(STARTS)) + number(headers.get("x-delivery-count"));
    }

    private static Map<String, Object> headers(BasicProperties properties) {
        Map<String, Object> headers = properties.getHeaders();
        return headers == null ? Map.of() : headers;
    }

    private static int number(@Nullable Object value) {
        try {
            return value == null ? 0 : Math.max(0, Integer.parseInt(value.toString()));
        } catch (NumberFormatException notOurs) {
            return 0;
        }
    }

    private static boolean isTaken(String name) {
        if (name.equals("CC") || name.equals("BCC")) {
            return true;
        }
        for (String prefix : BROKERS) {
            if (name.startsWith(prefix)) {
                return true;
            }
        }
        return false;
    }
}
