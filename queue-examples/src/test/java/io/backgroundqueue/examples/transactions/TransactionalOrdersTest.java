package io.backgroundqueue.examples.transactions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.examples.transactions.TransactionalOrders.Order;
import io.backgroundqueue.jdbc.JdbcBackgroundQueue;
import io.backgroundqueue.testkit.RecordingHandler;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TransactionalOrdersTest {
    @TempDir
    Path folder;

    private JdbcConnectionPool database;
    private BackgroundQueue queue;
    private TransactionalOrders orders;

    @BeforeEach
    void open() throws SQLException {
        database = JdbcConnectionPool.create("jdbc:h2:file:" + folder.resolve("shop") + ";WRITE_DELAY=0", "", "");
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE shop_order (id varchar(20) PRIMARY KEY, total decimal(12, 2))");
        }
        queue = JdbcBackgroundQueue.builder()
                .dataSource(database)
                .createTables(true)
                .build();
        orders = new TransactionalOrders(database, queue);
    }

    @AfterEach
    void close() {
        queue.close();
        database.dispose();
    }

    @Test
    void anOrderThatIsStoredIsInvoiced() throws Exception {
        RecordingHandler<Order> invoices = new RecordingHandler<>();
        queue.consume(TransactionalOrders.INVOICES, Order.class, invoices);

        orders.place(new Order("A-1", new BigDecimal("12.50")));

        invoices.await(1);
        assertThat(invoices.payloads()).containsExactly(new Order("A-1", new BigDecimal("12.50")));
        assertThat(stored()).isEqualTo(1);
    }

    @Test
    void anOrderThatFailsLeavesNoInvoiceAndMayBePlacedAgain() throws Exception {
        assertThatThrownBy(() -> orders.place(new Order("A-2", new BigDecimal("-1.00"))))
                .hasMessageContaining("has a total of -1.00");
        assertThat(stored()).isZero();
        assertThat(queue.admin().stats(TransactionalOrders.INVOICES).ready()).hasValue(0);

        orders.place(new Order("A-2", new BigDecimal("1.00")));

        assertThat(queue.admin().stats(TransactionalOrders.INVOICES).ready()).hasValue(1);
    }

    @Test
    void anOrderTwiceIsInvoicedOnce() throws Exception {
        orders.place(new Order("A-3", BigDecimal.TEN));

        assertThatThrownBy(() -> orders.place(new Order("A-3", BigDecimal.TEN))).isInstanceOf(SQLException.class);

        assertThat(stored()).isEqualTo(1);
        assertThat(queue.admin().stats(TransactionalOrders.INVOICES).ready()).hasValue(1);
    }

    private int stored() throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT count(*) FROM shop_order")) {
            rows.next();
            return rows.getInt(1);
        }
    }
}
