package io.backgroundqueue.examples.transactions;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.jdbc.JdbcBackgroundQueue;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * Stores an order and the wish for its invoice in one transaction: after a crash at any moment there are both, or neither.
 *
 * <p>A queue on another server cannot promise that. There the process may die between the two, and the order is never
 * invoiced, or an invoice is written for an order that was never stored.
 */
public final class TransactionalOrders {
    /** The topic of the invoices. */
    public static final String INVOICES = "invoices";

    private final DataSource database;
    private final BackgroundQueue queue;

    /** An order that is to be invoiced. */
    public record Order(String id, BigDecimal total) {}

    /**
     * @param database holds the table {@code shop_order}
     * @param queue on the same database
     */
    public TransactionalOrders(DataSource database, BackgroundQueue queue) {
        this.database = database;
        this.queue = queue;
    }

    /**
     * Stores an order, and lets it be invoiced.
     *
     * @throws SQLException if nothing was stored, such as when an order of that id is there already
     */
    public void place(Order order) throws SQLException {
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            try {
                insert(connection, order);
                JdbcBackgroundQueue.within(queue, connection)
                        .enqueue(INVOICES, order, EnqueueOptions.DEFAULT.deduplicationId(order.id()));
                check(order);
                connection.commit();
            } catch (SQLException | RuntimeException failed) {
                connection.rollback(); // takes back the order, the task, and the deduplication id
                throw failed;
            } finally {
                connection.setAutoCommit(true);
            }
        }
    }

    private static void insert(Connection connection, Order order) throws SQLException {
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO shop_order (id, total) VALUES (?, ?)")) {
            insert.setString(1, order.id());
            insert.setBigDecimal(2, order.total());
            insert.executeUpdate();
        }
    }

    /** Whatever else may go wrong before the end of a transaction. */
    private static void check(Order order) {
        if (order.total().signum() < 0) {
            throw new IllegalArgumentException("order " + order.id() + " has a total of " + order.total());
        }
    }
}
