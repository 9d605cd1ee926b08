package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Time;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** A transaction that keeps dead rows alive is told of, once. */
class LongTransactionTest {
    @Test
    void itIsReportedOnceWithWhatIsNeededToEndIt() throws Exception {
        try (Lab lab = Lab.on(LabDatabase.POSTGRESQL);
                Connection open = Raw.connection(lab.rawUrl())) {
            PGSimpleDataSource source = new PGSimpleDataSource();
            source.setUrl(lab.rawUrl());
            Database database = new Database(source, () -> {}, Time.system());
            database.probe(Time.system().deadline(Lab.TIMEOUT));
            List<String> told = new ArrayList<>();
            SnapshotWatch watch = new SnapshotWatch(database, Duration.ofMillis(500), told::add);
            String pid = Raw.column(open, "SELECT pg_backend_pid()").get(0);
            open.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            open.setAutoCommit(false);
            Raw.column(open, "SELECT 1");

            Lab.until(
                    () -> {
                        watch.turn();
                        return told.stream().anyMatch(one -> one.contains("pid " + pid));
                    },
                    "the transaction should be told of");
            watch.turn();

            assertThat(told).filteredOn(one -> one.contains("pid " + pid)).hasSize(1);
            assertThat(told.get(0)).contains("pg_terminate_backend");
            open.rollback();
        }
    }
}
