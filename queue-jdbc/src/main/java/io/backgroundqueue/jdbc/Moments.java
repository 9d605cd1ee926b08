package io.backgroundqueue.jdbc;

import io.backgroundqueue.Start;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Moments and spans as databases keep them: in microseconds. Rounded up, so that nothing is early. */
final class Moments {
    /** Databases end at different years; no task waits for any of them. */
    private static final Instant LATEST = Instant.parse("9999-12-31T00:00:00Z");

    private Moments() {}

    static long micros(Duration span) {
        return Math.addExact(Math.multiplyExact(span.toSeconds(), 1_000_000L), (span.toNanosPart() + 999) / 1_000);
    }

    /** The delay of a relative start. */
    static @Nullable Long delay(Start start) {
        return start instanceof Start.After after ? (Long) micros(after.delay()) : null;
    }

    /** The moment of a fixed start. */
    static @Nullable Instant moment(Start start) {
        return start instanceof Start.At at ? roundedUp(at.time()) : null;
    }

    /** Likewise, in microseconds since 1970. */
    static @Nullable Long epochMicros(Start start) {
        Instant moment = moment(start);
        return moment == null ? null : (Long) ChronoUnit.MICROS.between(Instant.EPOCH, moment);
    }

    static Instant read(ResultSet row, String column) throws SQLException {
        return optional(row, column).orElseThrow(() -> new SQLException("The column " + column + " is empty", "23502"));
    }

    static Optional<Instant> optional(ResultSet row, String column) throws SQLException {
        return Optional.ofNullable(row.getObject(column, OffsetDateTime.class)).map(OffsetDateTime::toInstant);
    }

    private static Instant roundedUp(Instant instant) {
        if (instant.isAfter(LATEST)) {
            return LATEST;
        }
        if (instant.isBefore(Instant.EPOCH)) {
            return Instant.EPOCH;
        }
        Instant micros = instant.truncatedTo(ChronoUnit.MICROS);
        return micros.equals(instant) ? micros : micros.plus(1, ChronoUnit.MICROS);
    }
}
