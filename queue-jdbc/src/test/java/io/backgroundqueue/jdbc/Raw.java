package io.backgroundqueue.jdbc;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** A client of the database that knows nothing of us. */
final class Raw {
    private Raw() {}

    static Connection connection(String url) throws SQLException {
        return DriverManager.getConnection(url);
    }

    /** Runs a script. */
    static void run(String url, String script) throws SQLException {
        try (Connection connection = connection(url)) {
            run(connection, script);
        }
    }

    static void run(Connection connection, String script) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(script);
        }
    }

    /** How many rows a statement changed. */
    static int update(Connection connection, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = prepared(connection, sql, values)) {
            return statement.executeUpdate();
        }
    }

    static int update(String url, String sql, Object... values) throws SQLException {
        try (Connection connection = connection(url)) {
            return update(connection, sql, values);
        }
    }

    /** The first column of all rows, as text. */
    static List<String> column(Connection connection, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = prepared(connection, sql, values);
                ResultSet rows = statement.executeQuery()) {
            List<String> column = new ArrayList<>();
            while (rows.next()) {
                column.add(rows.getString(1));
            }
            return column;
        }
    }

    static List<String> column(String url, String sql, Object... values) throws SQLException {
        try (Connection connection = connection(url)) {
            return column(connection, sql, values);
        }
    }

    /** The first column of the first row, as text. */
    static String text(String url, String sql, Object... values) throws SQLException {
        return column(url, sql, values).get(0);
    }

    static long number(String url, String sql, Object... values) throws SQLException {
        return Long.parseLong(text(url, sql, values));
    }

    private static PreparedStatement prepared(Connection connection, String sql, Object... values) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
        return statement;
    }
}
