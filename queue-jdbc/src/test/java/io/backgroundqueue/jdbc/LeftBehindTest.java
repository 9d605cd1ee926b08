package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.Time;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What our calls leave on a connection that is not ours: nothing, whatever becomes of them. */
@ParameterizedClass
@EnumSource(LabDatabase.class)
class LeftBehindTest {
    @Parameter
    LabDatabase database;

    private Lab lab;
    private Connection connection;
    private DataSource source;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.on(database);
        String url = lab.rawUrl() + (database == LabDatabase.H2 ? ";WRITE_DELAY=0" : "");
        connection = lab.closeLater(Raw.connection(url));
        source = new GivenConnection(connection, url).source();
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void statementsOfTheCallerKeepTheirTimeLimit() throws Exception {
        limit(77);
        try (BackgroundQueue queue = BackgroundQueues.open(lab.url())) {
            connection.setAutoCommit(false);

            JdbcBackgroundQueue.within(queue, connection)
                    .enqueue(
                            "t",
                            1,
                            EnqueueOptions.DEFAULT.delay(Duration.ofHours(1)).deduplicationId("one"));

            assertThat(limit()).isEqualTo(database == LabDatabase.H2 ? 77 : 0);
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    @Test
    void aBorrowedConnectionGoesBackWithItsTimeLimit() throws Exception {
        limit(77);
        Database ours = new Database(source, () -> {}, Time.system());
        ours.probe(soon());

        ours.call(soon(), session -> session.step("SELECT 1").list(row -> row.getInt(1)));

        assertThat(limit()).isEqualTo(database == LabDatabase.H2 ? 77 : 0);
    }

    @Test
    void anErrorRollsTheTransactionBack() throws Exception {
        Raw.run(connection, "CREATE TABLE half (n integer)");
        Database ours = new Database(source, () -> {}, Time.system());
        ours.probe(soon());

        assertThatThrownBy(() -> ours.transaction(soon(), session -> {
                    session.step("INSERT INTO half VALUES (1)").update();
                    throw new OutOfMemoryError("on purpose");
                }))
                .isInstanceOf(OutOfMemoryError.class);

        assertThat(Raw.column(connection, "SELECT n FROM half")).isEmpty();
        assertThat(connection.getAutoCommit()).isTrue();
    }

    @Test
    void anErrorOnAConnectionWithoutAutocommitLeavesNoTransactionOpen() throws Exception {
        Raw.run(connection, "CREATE TABLE half (n integer)");
        connection.setAutoCommit(false);
        Database ours = new Database(source, () -> {}, Time.system());
        ours.probe(soon());

        assertThatThrownBy(() -> ours.transaction(soon(), session -> {
                    session.step("INSERT INTO half VALUES (1)").update();
                    throw new OutOfMemoryError("on purpose");
                }))
                .isInstanceOf(OutOfMemoryError.class);

        assertThat(connection.getAutoCommit()).isFalse();
        connection.commit();
        assertThat(Raw.column(connection, "SELECT n FROM half")).isEmpty();
        connection.rollback();
    }

    @Test
    void creatingTheTablesChangesNeitherSchemaNorSearchPath() throws Exception {
        Raw.run(connection, "CREATE SCHEMA IF NOT EXISTS beside");
        String before = database == LabDatabase.H2 ? "SELECT current_schema" : "SHOW search_path";
        if (database == LabDatabase.POSTGRESQL) {
            lab.closeLater(() -> Raw.run(lab.rawUrl(), "DROP SCHEMA beside CASCADE"));
            Raw.run(
                    connection,
                    "SET search_path TO beside, "
                            + Raw.column(connection, "SELECT current_schema()").get(0));
        }
        List<String> path = Raw.column(connection, before);
        JdbcBackgroundQueue.builder()
                .dataSource(source)
                .schema("beside")
                .createTables(true)
                .listen(false)
                .build()
                .close();

        assertThat(Raw.column(connection, before)).isEqualTo(path);
        assertThat(Raw.column(connection, "SELECT count(*) FROM beside.bq_task"))
                .containsExactly("0");
    }

    private int limit() throws Exception {
        try (Statement statement = connection.createStatement()) {
            return statement.getQueryTimeout();
        }
    }

    private void limit(int seconds) throws Exception {
        try (Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(seconds);
        }
    }

    private static long soon() {
        return Time.system().deadline(Duration.ofSeconds(10));
    }
}
