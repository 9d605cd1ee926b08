package io.backgroundqueue.spi;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Start;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * Tasks as every broker stores them: the payload untouched, and beside it metadata as named strings, either one header
 * per field or one line of JSON before the payload. Described for other languages, with test vectors, in {@code
 * docs/wire-format.md}. Names are CloudEvents' where it has them, and begin with {@code bq} otherwise.
 */
public final class WireFormat {
    /** The version written, and the highest one read. */
    public static final int VERSION = 1;

    private static final String HEADERS = "headers";
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final TypeReference<Map<String, Object>> FIELDS = new TypeReference<>() {};

    private WireFormat() {}

    /** What was found. */
    public sealed interface Read {
        /**
         * What a receiver hands out of it. Of a task, due time and progress are what {@link Task} says.
         *
         * @param due when it became due, where that was not written
         * @param raw everything that was read
         */
        default Delivery delivery(Instant due, PriorStarts starts, Bytes raw, Lease lease) {
            if (this instanceof Task task) {
                return new Delivery.Task(task.envelope, task.due.orElse(due), task.progress, starts, lease);
            }
            return this instanceof TooNew newer
                    ? new Delivery.TooNew(newer.version, lease)
                    : new Delivery.Unreadable(raw, ((Malformed) this).why, lease);
        }

        /**
         * A task.
         *
         * @param envelope its start spent
         * @param due when it becomes due, if that was written
         * @param progress {@link Progress#NONE} for a task that never ran
         */
        record Task(Envelope envelope, Optional<Instant> due, Progress progress) implements Read {}

        /** A task in a version that this library does not know. */
        record TooNew(int version) implements Read {}

        /** No task. */
        record Malformed(String why) implements Read {}
    }

    /** The metadata as one string per field, the user's headers among them under their own names. */
    public static Map<String, String> toHeaders(Envelope envelope, Progress progress, @Nullable Instant due) {
        Map<String, String> fields = fields(envelope, progress, due);
        fields.putAll(envelope.headers());
        return fields;
    }

    /**
     * Reads what {@link #toHeaders} wrote, or a foreign message: without {@code bqversion} it is a task with the
     * worker's defaults.
     *
     * @param topic the topic it was found on
     * @param foreignId the id of a message that names none
     */
    public static Read fromHeaders(Map<String, String> headers, Bytes payload, String topic, String foreignId) {
        Map<String, String> user = new TreeMap<>();
        headers.forEach((name, value) -> {
            if (!isOurs(name)) {
                user.put(name, value);
            }
        });
        return read(headers, user, payload, topic, foreignId);
    }

    /** The metadata as one line of JSON, a line feed, and the payload. */
    public static Bytes toLine(Envelope envelope, Progress progress, @Nullable Instant due) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields(envelope, progress, due).forEach((name, value) -> fields.put(name, wholeCharacters(value)));
        if (!envelope.headers().isEmpty()) {
            Map<String, String> headers = new TreeMap<>(envelope.headers());
            headers.replaceAll((name, value) -> wholeCharacters(value));
            fields.put(HEADERS, headers);
        }
        byte[] line = JSON.writeValueAsBytes(fields);
        byte[] all = new byte[line.length + 1 + envelope.payload().size()];
        System.arraycopy(line, 0, all, 0, line.length);
        all[line.length] = '\n';
        envelope.payload()
                .asBuffer()
                .get(all, line.length + 1, envelope.payload().size());
        return Bytes.wrap(all);
    }

    /** Reads what {@link #toLine} wrote. */
    public static Read fromLine(Bytes bytes, String topic, String foreignId) {
        int end = bytes.indexOf((byte) '\n');
        if (end < 0) {
            return new Read.Malformed("there is no line of metadata before the payload");
        }
        Map<String, String> fields = new TreeMap<>();
        Map<String, String> user = new TreeMap<>();
        try {
            String line = new String(bytes.slice(0, end).toArray(), StandardCharsets.UTF_8);
            split(JSON.readValue(line, FIELDS), fields, user);
        } catch (RuntimeException notJson) {
            return new Read.Malformed("the line of metadata is not a JSON object: " + notJson.getMessage());
        }
        return read(fields, user, bytes.slice(end + 1, bytes.size()), topic, foreignId);
    }

    /** The user's headers as one JSON object, for a backend that keeps the other fields apart. */
    public static String headersToJson(Map<String, String> headers) {
        Map<String, String> sorted = new TreeMap<>(headers);
        sorted.replaceAll((name, value) -> wholeCharacters(value));
        return JSON.writeValueAsString(sorted);
    }

    /**
     * Reads what {@link #headersToJson} wrote, or a foreign producer; values that are no text become it.
     *
     * @throws IllegalArgumentException if it is no JSON object
     */
    public static Map<String, String> headersFromJson(String json) {
        Map<String, String> headers = new TreeMap<>();
        try {
            JSON.readValue(json, FIELDS).forEach((name, value) -> headers.put(name, String.valueOf(value)));
        } catch (RuntimeException notJson) {
            throw new IllegalArgumentException("the headers are not a JSON object: " + notJson.getMessage(), notJson);
        }
        return headers;
    }

    /** Half a character, left where a text was cut, cannot be written as UTF-8: it becomes a question mark. */
    private static String wholeCharacters(String text) {
        return text.chars().anyMatch(c -> Character.isSurrogate((char) c))
                ? new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8)
                : text;
    }

    private static void split(Map<String, Object> json, Map<String, String> fields, Map<String, String> user) {
        json.forEach((name, value) -> {
            if (name.equals(HEADERS) && value instanceof Map<?, ?> headers) {
                headers.forEach((key, text) -> user.put(String.valueOf(key), String.valueOf(text)));
            } else if (value != null) {
                fields.put(name, String.valueOf(value));
            }
        });
    }

    private static boolean isOurs(String name) {
        return name.startsWith("bq") || name.equals("id") || name.equals("type") || name.equals("time");
    }

    private static Map<String, String> fields(Envelope envelope, Progress progress, @Nullable Instant due) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("bqversion", String.valueOf(VERSION));
        fields.put("id", envelope.taskId());
        fields.put("type", envelope.topic());
        fields.put("time", envelope.enqueuedAt().toString());
        putUnlessZero(fields, "bqpriority", envelope.priority());
        envelope.attempts().ifPresent(n -> fields.put("bqattempts", String.valueOf(n)));
        envelope.deduplication().ifPresent(dedup -> {
            fields.put("bqdedup", dedup.id());
            fields.put("bqdedupwindow", dedup.window().toString());
        });
        envelope.orderingKey().ifPresent(key -> fields.put("bqkey", key));
        envelope.expiresAfter().ifPresent(span -> fields.put("bqexpires", span.toString()));
        if (due != null) {
            fields.put("bqdue", due.toString());
        }
        putUnlessZero(fields, "bqverdicts", progress.verdicts());
        putUnlessZero(fields, "bqfailures", progress.failures());
        putUnlessZero(fields, "bqinterruptions", progress.interruptions());
        if (progress.replayed()) {
            fields.put("bqreplayed", "true");
        }
        progress.lastError().ifPresent(error -> fields.put("bqerror", error));
        return fields;
    }

    private static void putUnlessZero(Map<String, String> fields, String name, int value) {
        if (value != 0) {
            fields.put(name, String.valueOf(value));
        }
    }

    private static Read read(
            Map<String, String> fields, Map<String, String> user, Bytes payload, String topic, String foreignId) {
        try {
            int version = number(fields, "bqversion", 0, Integer.MAX_VALUE).orElse(0);
            if (version > VERSION) {
                return new Read.TooNew(version);
            }
            Envelope envelope = new Envelope(
                    value(fields, "id", WireFormat::id).orElse(foreignId),
                    topic,
                    Start.now(),
                    number(fields, "bqpriority", 0, 9).orElse(0),
                    user,
                    payload,
                    value(fields, "bqdedup", id -> id)
                            .map(id -> new Deduplication(
                                    id,
                                    value(fields, "bqdedupwindow", WireFormat::positive)
                                            .orElse(Duration.ofMinutes(5)))),
                    value(fields, "bqkey", key -> key),
                    number(fields, "bqattempts", 1, Integer.MAX_VALUE),
                    value(fields, "bqexpires", WireFormat::positive),
                    value(fields, "time", Instant::parse).orElse(Instant.EPOCH));
            Progress progress = new Progress(
                    number(fields, "bqverdicts", 0, Integer.MAX_VALUE).orElse(0),
                    number(fields, "bqfailures", 0, Integer.MAX_VALUE).orElse(0),
                    number(fields, "bqinterruptions", 0, Integer.MAX_VALUE).orElse(0),
                    value(fields, "bqreplayed", WireFormat::flag).orElse(false),
                    value(fields, "bqerror", error -> error));
            return new Read.Task(envelope, value(fields, "bqdue", Instant::parse), progress);
        } catch (RuntimeException illegal) {
            return new Read.Malformed("the metadata hold an illegal value: " + illegal.getMessage());
        }
    }

    private static <T> Optional<T> value(Map<String, String> fields, String name, Function<String, T> parse) {
        return Optional.ofNullable(fields.get(name)).map(parse);
    }

    private static Duration positive(String text) {
        Duration duration = Duration.parse(text);
        if (duration.isZero() || duration.isNegative()) {
            throw new IllegalArgumentException(text + " is not longer than 0");
        }
        return duration;
    }

    private static boolean flag(String text) {
        if (!text.equals("true") && !text.equals("false")) {
            throw new IllegalArgumentException(text + " is neither true nor false");
        }
        return text.equals("true");
    }

    private static String id(String text) {
        if (text.isBlank()) {
            throw new IllegalArgumentException("the id is blank");
        }
        return text;
    }

    private static OptionalInt number(Map<String, String> fields, String name, int least, int most) {
        String text = fields.get(name);
        if (text == null) {
            return OptionalInt.empty();
        }
        int number = Integer.parseInt(text);
        if (number < least || number > most) {
            throw new IllegalArgumentException(name + " is " + number + ", not " + least + " to " + most);
        }
        return OptionalInt.of(number);
    }
}
