package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Time;
import io.backgroundqueue.testkit.FaultProxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A data source of the application's, behind a network that goes silent: every call ends all the same. */
class SilentNetworkTest {
    @Test
    void aCallOnASerializableConnectionEndsByItsDeadline() throws Exception {
        try (Lab lab = Lab.on(LabDatabase.POSTGRESQL);
                FaultProxy proxy = Lab.proxy(lab.rawUrl())) {
            String url = Lab.through(proxy, lab.rawUrl());
            Connection connection = lab.closeLater(Raw.connection(url));
            connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
            Database database = new Database(new GivenConnection(connection, url).source(), () -> {}, Time.system());
            database.probe(Time.system().deadline(Lab.TIMEOUT));
            proxy.blackHole();

            Future<Boolean> call = Lab.beside("call", () -> failed(database));

            assertThat(call.get(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    private static boolean failed(Database database) {
        try {
            database.call(
                    Time.system().deadline(Duration.ofSeconds(1)),
                    session -> session.step("SELECT 1").list(row -> row.getInt(1)));
            return false;
        } catch (SQLException ended) {
            return true;
        }
    }
}
