package io.backgroundqueue.brokers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backgroundqueue.testkit.BrokerProcess;
import io.backgroundqueue.testkit.BrokerStarter;
import io.backgroundqueue.testkit.Brokers;
import io.backgroundqueue.testkit.RunningBroker;
import io.backgroundqueue.testkit.containers.PostgresContainer;
import java.sql.SQLException;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

class PostgresContainerTest {
    @Test
    void theStarterIsFoundByItsService() {
        assertThat(ServiceLoader.load(BrokerStarter.class))
                .filteredOn(starter -> starter.kind() == BrokerStarter.Kind.CONTAINER)
                .extracting(BrokerStarter::broker)
                .contains("postgresql");
    }

    @Test
    void stoppedOrKilledAndStartedAgainItHasItsSettingsItsDataAndItsPort() throws Exception {
        BrokerStarter starter = new PostgresContainer();
        assumeFalse("process".equals(System.getProperty(Brokers.KIND)), "only local processes are wanted");
        assumeTrue(starter.available(), () -> "no container engine is here: " + starter.remedy());
        RunningBroker broker = starter.start(List.of("autovacuum=off", "shared_preload_libraries=pg_stat_statements"));
        try (broker) {
            String url = broker.url();
            BrokerProcess process = broker.process().orElseThrow();
            assertThat(broker.version()).matches("\\d+\\.\\d+");
            assertThat(Queried.of(url, "SHOW fsync")).isEqualTo("on");
            assertThat(Queried.of(url, "SHOW max_connections")).isEqualTo("300");
            assertThat(Queried.of(url, "SHOW autovacuum")).isEqualTo("off");
            Queried.run(url, "CREATE EXTENSION pg_stat_statements");
            Queried.run(url, "CREATE TABLE kept AS SELECT 17 AS n");

            process.stop();
            assertThatThrownBy(() -> Queried.of(url, "SELECT 1")).isInstanceOf(SQLException.class);
            process.start();
            assertThat(Queried.of(url, "SELECT n FROM kept")).isEqualTo("17");
            Queried.run(url, "UPDATE kept SET n = 18");

            process.kill();
            process.kill();
            assertThatThrownBy(() -> Queried.of(url, "SELECT 1")).isInstanceOf(SQLException.class);
            process.start();
            process.start();
            assertThat(Queried.of(url, "SELECT n FROM kept")).isEqualTo("18");
            assertThat(Queried.of(url, "SHOW autovacuum")).isEqualTo("off");
            assertThat(Queried.of(url, "SELECT count(*) > 0 FROM pg_stat_statements"))
                    .isEqualTo("t");
        }
        assertThatThrownBy(() -> Queried.of(broker.url(), "SELECT 1")).isInstanceOf(SQLException.class);
    }
}
