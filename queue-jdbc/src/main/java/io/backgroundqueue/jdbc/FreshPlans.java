package io.backgroundqueue.jdbc;

import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.PGStatement;

/**
 * Statements that PostgreSQL plans each time by how large their tables are then. Of a statement that it prepared it keeps a
 * plan, and by one that was made when a table had few pages it reads all of the table, until somebody analyzes it.
 */
final class FreshPlans {
    private static final boolean KNOWN = known();

    private FreshPlans() {}

    /** Nothing changes where the JDBC driver is another one. */
    static void of(Statement statement) throws SQLException {
        if (KNOWN && statement.isWrapperFor(PGStatement.class)) {
            statement.unwrap(PGStatement.class).setPrepareThreshold(0);
        }
    }

    private static boolean known() {
        try {
            Class.forName("org.postgresql.PGStatement", false, FreshPlans.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException anotherDriver) {
            return false;
        }
    }
}
