package io.backgroundqueue.brokers;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Statements to a database, as somebody types them. */
final class Queried {
    private Queried() {}

    static Connection connection(String url) throws SQLException {
        return DriverManager.getConnection(url);
    }

    /** The first value of the first row. */
    static String of(String url, String query) throws SQLException {
        try (Connection connection = connection(url);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getString(1);
        }
    }

    static void run(String url, String statement) throws SQLException {
        try (Connection connection = connection(url);
                Statement one = connection.createStatement()) {
            one.execute(statement);
        }
    }
}
