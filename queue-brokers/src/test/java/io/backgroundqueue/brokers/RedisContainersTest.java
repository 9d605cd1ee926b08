package io.backgroundqueue.brokers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backgroundqueue.testkit.BrokerProcess;
import io.backgroundqueue.testkit.BrokerStarter;
import io.backgroundqueue.testkit.Brokers;
import io.backgroundqueue.testkit.RunningBroker;
import io.backgroundqueue.testkit.containers.RedisContainer;
import io.backgroundqueue.testkit.containers.ValkeyContainer;
import java.io.IOException;
import java.net.URI;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RedisContainersTest {
    static Stream<BrokerStarter> starters() {
        return Stream.of(new RedisContainer(), new ValkeyContainer());
    }

    @Test
    void theStartersAreFoundByTheirService() {
        assertThat(ServiceLoader.load(BrokerStarter.class))
                .filteredOn(starter -> starter.kind() == BrokerStarter.Kind.CONTAINER)
                .extracting(BrokerStarter::broker)
                .contains("redis", "valkey");
    }

    @ParameterizedTest
    @MethodSource("starters")
    void stoppedOrKilledAndStartedAgainItHasItsDataAndItsPort(BrokerStarter starter) throws Exception {
        assumeFalse("process".equals(System.getProperty(Brokers.KIND)), "only local processes are wanted");
        assumeTrue(starter.available(), () -> "no container engine is here: " + starter.remedy());
        RunningBroker broker = starter.start();
        try (broker) {
            int port = URI.create(broker.url()).getPort();
            BrokerProcess process = broker.process().orElseThrow();
            assertThat(broker.version()).matches("8\\.\\d+\\.\\d+");
            assertThat(Asked.setting(port, "appendfsync")).isEqualTo("always");
            assertThat(Asked.of(port, "SET first kept")).isEqualTo("+OK");

            process.stop();
            assertThatThrownBy(() -> Asked.of(port, "PING")).isInstanceOf(IOException.class);
            process.start();
            assertThat(Asked.of(port, "GET first")).isEqualTo("kept");
            assertThat(Asked.of(port, "SET second kept")).isEqualTo("+OK");

            process.kill();
            process.kill();
            assertThatThrownBy(() -> Asked.of(port, "PING")).isInstanceOf(IOException.class);
            process.start();
            process.start();
            assertThat(Asked.of(port, "GET first")).isEqualTo("kept");
            assertThat(Asked.of(port, "GET second")).isEqualTo("kept");
        }
        assertThatThrownBy(() -> Asked.of(URI.create(broker.url()).getPort(), "PING"))
                .isInstanceOf(IOException.class);
    }
}
