package io.backgroundqueue.jdbc;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Capabilities.Precision;
import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.PriorStarts;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.WireFormat;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A row of tasks or of dead letters. What stands in it is read as the header form of the wire format. */
final class TaskRow {
    private static final Logger LOG = LoggerFactory.getLogger(TaskRow.class);

    private TaskRow() {}

    /**
     * A row that a claim answered.
     *
     * @param now no task is shown as due later than this
     */
    static Delivery delivery(ResultSet row, String topic, JdbcLease lease, Instant now) throws SQLException {
        Bytes payload = payload(row);
        Instant due = Moments.read(row, "due");
        PriorStarts starts = new PriorStarts(Math.max(0, row.getInt("starts") - 1), Precision.EXACT);
        return read(row, topic, payload).delivery(due.isAfter(now) ? now : due, starts, payload, lease);
    }

    static DeadLetter letter(ResultSet row, String topic) throws SQLException {
        Bytes payload = payload(row);
        Instant died = Moments.read(row, "died_at");
        DeadReason reason = reason(row.getString("reason"));
        if (read(row, topic, payload) instanceof WireFormat.Read.Task task) {
            return task.envelope().letter(task.progress(), reason, died);
        }
        return new DeadLetter(
                row.getString("task_id"),
                topic,
                reason,
                Optional.ofNullable(row.getString("last_error")),
                row.getInt("failures"),
                row.getInt("interruptions"),
                OptionalInt.empty(),
                0,
                Optional.empty(),
                Optional.of(died),
                Map.of(),
                payload);
    }

    /** A newer library, or somebody's hand, may have written another word: that must not stop a whole walk. */
    private static DeadReason reason(@Nullable String stored) {
        try {
            return DeadReason.valueOf(String.valueOf(stored));
        } catch (IllegalArgumentException unknown) {
            LOG.warn(
                    "A dead letter has the reason '{}', which this library does not know; it is shown as UNREADABLE",
                    stored);
            return DeadReason.UNREADABLE;
        }
    }

    /** The user's headers as they are stored. */
    static @Nullable String headers(Envelope task) {
        return task.headers().isEmpty() ? null : WireFormat.headersToJson(task.headers());
    }

    static @Nullable String window(Envelope task) {
        return task.deduplication().map(asked -> text(asked.window())).orElse(null);
    }

    static @Nullable String expiry(Envelope task) {
        return task.expiresAfter().map(TaskRow::text).orElse(null);
    }

    /** PostgreSQL has no text with a zero character. */
    static @Nullable String error(Progress progress) {
        return progress.lastError().map(error -> error.replace('\0', '\uFFFD')).orElse(null);
    }

    private static String text(Duration span) {
        return span.toString();
    }

    private static Bytes payload(ResultSet row) throws SQLException {
        byte[] payload = row.getBytes("payload");
        return payload == null ? Bytes.EMPTY : Bytes.wrap(payload);
    }

    private static WireFormat.Read read(ResultSet row, String topic, Bytes payload) throws SQLException {
        Map<String, String> fields = new HashMap<>();
        String headers = row.getString("headers");
        try {
            if (headers != null) {
                fields.putAll(WireFormat.headersFromJson(headers));
            }
        } catch (IllegalArgumentException notJson) {
            return new WireFormat.Read.Malformed(String.valueOf(notJson.getMessage()));
        }
        // A header that has the name of a field never stands for it.
        fields.keySet().removeIf(name -> name.startsWith("bq"));
        fields.remove("time");
        put(fields, "bqversion", row.getString("version"));
        put(fields, "id", row.getString("task_id"));
        put(fields, "time", row.getString("enqueued_at"));
        put(fields, "bqpriority", row.getString("priority"));
        put(fields, "bqattempts", row.getString("attempts"));
        put(fields, "bqdedup", row.getString("dedup_id"));
        put(fields, "bqdedupwindow", row.getString("dedup_window"));
        put(fields, "bqkey", row.getString("ordering_key"));
        put(fields, "bqexpires", row.getString("expires_after"));
        put(fields, "bqverdicts", row.getString("verdicts"));
        put(fields, "bqfailures", row.getString("failures"));
        put(fields, "bqinterruptions", row.getString("interruptions"));
        put(fields, "bqreplayed", String.valueOf(row.getBoolean("replayed")));
        put(fields, "bqerror", row.getString("last_error"));
        return WireFormat.fromHeaders(fields, payload, topic, String.valueOf(row.getString("task_id")));
    }

    private static void put(Map<String, String> fields, String name, @Nullable String value) {
        if (value != null) {
            fields.put(name, value);
        }
    }
}
