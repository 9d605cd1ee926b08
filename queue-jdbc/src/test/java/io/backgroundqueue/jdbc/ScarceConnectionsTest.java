package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.ErrorClass;
import java.sql.Connection;
import java.time.Duration;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Calls where connections are few: none is used too late, none is needed beside the caller's. */
@ParameterizedClass
@EnumSource(LabDatabase.class)
class ScarceConnectionsTest {
    @Parameter
    LabDatabase database;

    private Lab lab;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.on(database);
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void aConnectionThatComesTooLateIsGivenBackUnused() throws Exception {
        Connection connection = lab.closeLater(Raw.connection(lab.rawUrl()));
        Database ours = new Database(new GivenConnection(connection, lab.rawUrl()).source(), () -> {}, Time.system());
        ours.probe(Time.system().deadline(Lab.TIMEOUT));
        long over = Time.system().nanos() - 1;

        assertThatThrownBy(() ->
                        ours.call(over, session -> session.step("SELECT 1").list(row -> row.getInt(1))))
                .isInstanceOfSatisfying(
                        NotConnectedException.class,
                        late -> assertThat(JdbcErrors.classify(late)).isEqualTo(ErrorClass.TRANSIENT));

        assertThat(connection.isClosed()).isFalse();
        assertThat(Raw.column(connection, "SELECT 1")).containsExactly("1");
    }

    @Test
    void aDelayWithinATransactionNeedsNoSecondConnection() throws Exception {
        if (database != LabDatabase.H2) {
            return;
        }
        JdbcConnectionPool pool = JdbcConnectionPool.create(lab.rawUrl() + ";WRITE_DELAY=0", "", "");
        lab.closeLater(pool::dispose);
        pool.setLoginTimeout(1);
        try (BackgroundQueue queue = JdbcBackgroundQueue.builder()
                        .dataSource(pool)
                        .createTables(true)
                        .build();
                Connection connection = pool.getConnection()) {
            pool.setMaxConnections(1);
            connection.setAutoCommit(false);

            JdbcBackgroundQueue.within(queue, connection)
                    .enqueue("t", 1, EnqueueOptions.DEFAULT.delay(Duration.ofHours(1)));
            connection.commit();
        }
        assertThat(lab.number("SELECT count(*) FROM bq_task WHERE state = 2")).isEqualTo(1);
    }

    @Test
    void aDelayWithinATransactionCountsFromTheEnqueueAndNotFromItsBegin() throws Exception {
        try (BackgroundQueue queue = BackgroundQueues.open(lab.url());
                Connection connection = Raw.connection(lab.rawUrl())) {
            connection.setAutoCommit(false);
            String begun = Raw.column(connection, "SELECT current_timestamp").get(0);
            Lab.until(
                    () -> lab.number(
                                    "SELECT count(*) FROM bq_lock WHERE name = 'reaper' AND current_timestamp >"
                                            + " CAST(? AS timestamp with time zone) + INTERVAL '1' SECOND",
                                    begun)
                            == 1,
                    "a second should pass");
            String asked = lab.text("SELECT current_timestamp");

            JdbcBackgroundQueue.within(queue, connection)
                    .enqueue("t", 1, EnqueueOptions.DEFAULT.delay(Duration.ofSeconds(10)));
            connection.commit();

            assertThat(lab.number(
                            "SELECT count(*) FROM bq_task WHERE due >="
                                    + " CAST(? AS timestamp with time zone) + INTERVAL '10' SECOND",
                            asked))
                    .isEqualTo(1);
        }
    }
}
