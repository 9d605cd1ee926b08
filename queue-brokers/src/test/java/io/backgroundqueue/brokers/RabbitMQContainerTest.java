package io.backgroundqueue.brokers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backgroundqueue.testkit.BrokerProcess;
import io.backgroundqueue.testkit.BrokerStarter;
import io.backgroundqueue.testkit.Brokers;
import io.backgroundqueue.testkit.RunningBroker;
import io.backgroundqueue.testkit.containers.RabbitMQContainer;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

class RabbitMQContainerTest {
    @Test
    void theStarterIsFoundByItsService() {
        assertThat(ServiceLoader.load(BrokerStarter.class))
                .filteredOn(starter -> starter.kind() == BrokerStarter.Kind.CONTAINER)
                .extracting(BrokerStarter::broker)
                .contains("rabbitmq");
    }

    @Test
    void stoppedOrKilledAndStartedAgainItHasItsSettingsItsDataAndItsPort() throws Exception {
        assumeFalse("process".equals(System.getProperty(Brokers.KIND)), "only local processes are wanted");
        BrokerStarter starter = new RabbitMQContainer();
        assumeTrue(starter.available(), () -> "no container engine is here: " + starter.remedy());
        RunningBroker broker = starter.start(List.of("consumer_timeout = 12345"));
        String url = broker.url();
        try (broker) {
            BrokerProcess process = broker.process().orElseThrow();
            assertThat(broker.version()).matches("4\\.\\d+\\.\\d+");
            assertThat(broker.tool("rabbitmqctl", "eval", "application:get_env(rabbit, consumer_timeout)."))
                    .contains("{ok,12345}");
            Published.to(url, "first", "kept");

            process.stop();
            assertThatThrownBy(() -> Published.in(url, "first")).isInstanceOf(IOException.class);
            process.start();
            assertThat(Published.in(url, "first")).isEqualTo("kept");
            Published.to(url, "second", "kept");

            process.kill();
            process.kill();
            process.start();
            process.start();
            assertThat(Published.in(url, "first")).isEqualTo("nothing");
            assertThat(Published.in(url, "second")).isEqualTo("kept");
        }
        assertThatThrownBy(() -> AmqpGreeting.of(URI.create(url).getPort())).isInstanceOf(IOException.class);
    }
}
