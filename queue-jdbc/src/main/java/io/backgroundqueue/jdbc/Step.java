package io.backgroundqueue.jdbc;

import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A statement, its parameters given in order. Each method that runs it ends it. */
final class Step {
    private final PreparedStatement statement;
    private int parameter;
    private int rows;

    Step(PreparedStatement statement) {
        this.statement = statement;
    }

    /** How to read one row. */
    interface Reader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** The next parameter. */
    Step add(@Nullable Object value) throws SQLException {
        parameter++;
        if (value == null) {
            statement.setNull(parameter, Types.NULL);
        } else if (value instanceof String text) {
            statement.setString(parameter, text);
        } else if (value instanceof Long number) {
            statement.setLong(parameter, number);
        } else if (value instanceof Integer number) {
            statement.setInt(parameter, number);
        } else if (value instanceof Boolean flag) {
            statement.setBoolean(parameter, flag);
        } else if (value instanceof byte[] bytes) {
            statement.setBytes(parameter, bytes);
        } else if (value instanceof Array array) {
            statement.setArray(parameter, array);
        } else if (value instanceof Instant instant) {
            statement.setObject(parameter, instant.atOffset(ZoneOffset.UTC));
        } else {
            throw new IllegalArgumentException("no parameter of ours is a " + value.getClass());
        }
        return this;
    }

    /** Ends a row of a batch; the next parameter is the first again. */
    void row() throws SQLException {
        statement.addBatch();
        parameter = 0;
        rows++;
    }

    /** Runs it once; how many rows it changed. */
    int update() throws SQLException {
        try (statement) {
            return statement.executeUpdate();
        }
    }

    /** Runs it for every row of the batch; how many rows each changed. */
    int[] updates() throws SQLException {
        try (statement) {
            return rows == 0 ? new int[0] : statement.executeBatch();
        }
    }

    /** Runs an insert, and reads the number that the database gave. */
    long key() throws SQLException {
        try (statement) {
            statement.executeUpdate();
            try (ResultSet keys = statement.getGeneratedKeys()) {
                keys.next();
                return keys.getLong(1);
            }
        }
    }

    /** Runs it and reads all rows. */
    <T> List<T> list(Reader<T> reader) throws SQLException {
        try (statement;
                ResultSet found = statement.executeQuery()) {
            List<T> all = new ArrayList<>();
            while (found.next()) {
                all.add(reader.read(found));
            }
            return all;
        }
    }

    /** Runs it and reads the first row. */
    <T> Optional<T> first(Reader<T> reader) throws SQLException {
        return list(reader).stream().findFirst();
    }
}
