package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What an enqueue in a transaction of the caller's says when it cannot be done there. */
@ParameterizedClass
@EnumSource(LabDatabase.class)
class ForeignConnectionTest {
    @Parameter
    LabDatabase database;

    private Lab lab;
    private BackgroundQueue queue;
    private Connection connection;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.on(database);
        queue = lab.closeLater(BackgroundQueues.open(lab.url()));
        connection = lab.closeLater(Raw.connection(lab.rawUrl()));
        connection.setAutoCommit(false);
    }

    @AfterEach
    void close() {
        lab.close();
    }

    /** As another product, another database or a schema without our tables would be. */
    @Test
    void aConnectionToADatabaseOfAnotherKindIsRefused() throws Exception {
        LabDatabase other = database == LabDatabase.H2 ? LabDatabase.POSTGRESQL : LabDatabase.H2;
        try (Lab elsewhere = Lab.on(other);
                Connection foreign = Raw.connection(elsewhere.rawUrl())) {
            assertRefused(foreign);
        }
    }

    @Test
    void aConnectionToADatabaseWithTheSameTablesIsRefusedAndNothingIsStoredThere() throws Exception {
        if (database == LabDatabase.H2) {
            try (Lab elsewhere = Lab.on(LabDatabase.H2)) {
                Lab.opened(elsewhere.url()).close();
                try (Connection foreign = Raw.connection(elsewhere.rawUrl())) {
                    assertRefused(foreign);
                    foreign.commit();
                }
                assertThat(elsewhere.number("SELECT count(*) FROM bq_task")).isZero();
            }
            return;
        }
        // Databases on one server: those of the same name, with a schema of the same name, are on another one.
        try (Lab here = Lab.own();
                Lab there = Lab.own()) {
            BackgroundQueue ours = here.closeLater(BackgroundQueues.open(here.url()));
            Lab.opened(there.url()).close();
            Connection foreign = there.closeLater(Raw.connection(there.rawUrl()));
            queue = ours;
            assertRefused(foreign);
            foreign.commit();
            assertThat(there.number("SELECT count(*) FROM bq_task")).isZero();
        }
    }

    @Test
    void aClosedConnectionIsTheCallersMistake() throws Exception {
        connection.close();

        QueueException refused = refusal(connection);

        assertThat(refused.kind()).isEqualTo(Kind.INVALID);
        assertThat(refused).hasMessageContaining("closed");
    }

    @Test
    void aConnectionThatBreaksHasSurelyStoredNothing() throws Exception {
        if (database == LabDatabase.H2) {
            return;
        }
        String pid = Raw.column(connection, "SELECT pg_backend_pid()").get(0);
        lab.column("SELECT pg_terminate_backend(?::integer)", pid);

        QueueException refused = refusal(connection);

        assertThat(refused.kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(refused)
                .hasMessageContaining("not stored")
                .hasMessageContaining("roll it back")
                .hasMessageNotContaining("may have taken effect");
    }

    @Test
    void aTransactionThatHasFailedBeforeIsNamedAsSuch() throws Exception {
        if (database == LabDatabase.H2) {
            return;
        }
        assertThatThrownBy(() -> Raw.column(connection, "SELECT 1 / 0")).isInstanceOf(SQLException.class);

        QueueException refused = refusal(connection);

        assertThat(refused.kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(refused).hasMessageContaining("has failed before").hasMessageContaining("roll it back");
    }

    private void assertRefused(Connection foreign) throws Exception {
        foreign.setAutoCommit(false);
        QueueException refused = refusal(foreign);
        assertThat(refused.kind()).isEqualTo(Kind.INVALID);
        assertThat(refused).hasMessageContaining("another database");
        foreign.rollback();
    }

    private QueueException refusal(Connection foreign) {
        return catchThrowableOfType(
                QueueException.class,
                () -> JdbcBackgroundQueue.within(queue, foreign).enqueue("t", 1));
    }
}
