package io.backgroundqueue.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.testkit.Brokers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Builder and URL. */
class EntryPointsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "amqp:localhost | names no host",
                "amqp://user@localhost | half of its credentials",
                "amqp://localhost:99999 | ports from 1 to 65535",
                "amqp://localhost?prefix=a.b | prefix 'a.b' is not",
                "amqp://localhost?exchange=amq.topic | belongs to RabbitMQ itself",
                "amqp://localhost?exchangeType=headers | none of direct, topic and fanout",
                "amqp://localhost?exchangeType=topic | no exchange is named",
                "amqp://localhost?group=billing | needs an exchange of the type topic or fanout",
                "amqp://localhost?createTopology=yes | true or false",
                "amqp://localhost?connectTimeout=0s | longer than 0",
                "amqp://localhost?prefix=abcdefghijklmnopqrstuvwxyz012345&exchange=a__________________________________________________________b&exchangeType=topic&group=abcdefghijklmnopqrstuvwxyz012345 | too long",
                "amqp://localhost?addresses=one:1,two:x | ports from 1 to 65535",
            })
    void whatIsWrongInAUrlIsRefusedWithItsValue(String url, String why) {
        assertThatThrownBy(() -> BackgroundQueues.open(url))
                .isInstanceOfSatisfying(
                        QueueException.class, error -> assertThat(error.kind()).isEqualTo(Kind.INVALID))
                .hasMessageContaining(why);
    }

    @Test
    void aPasswordThatIsNotEncodedIsNotShown() {
        assertThatThrownBy(() -> BackgroundQueues.open("amqp://bob:2024/hunter2@localhost/vhost"))
                .isInstanceOfSatisfying(
                        QueueException.class, error -> assertThat(error.kind()).isEqualTo(Kind.INVALID))
                .hasMessageNotContaining("hunter2")
                .hasMessageContaining("Percent-encode");
    }

    @Test
    void tlsStaysOnWhateverIsSetAfterIt() throws Exception {
        URI broker = URI.create(Brokers.shared("rabbitmq").url());
        RabbitMQBackgroundQueue.Builder builder = RabbitMQBackgroundQueue.builder()
                .tls(true)
                .url("amqp://" + broker.getHost() + ":" + broker.getPort())
                .connectTimeout(Duration.ofSeconds(1));

        assertThatThrownBy(builder::build)
                .as("a broker that speaks no TLS here")
                .isInstanceOf(QueueException.class)
                .hasMessageContaining("amqps://");
    }

    @Test
    void anUnknownParameterIsRefusedAndTheKnownOnesAreNamed() throws Exception {
        String url = Brokers.shared("rabbitmq").url() + "?vhosts=a";

        assertThatThrownBy(() -> BackgroundQueues.open(url))
                .isInstanceOf(QueueException.class)
                .hasMessageContaining("unknown parameter vhosts")
                .hasMessageContaining("createTopology");
    }

    @Test
    void aBrokerThatIsAwayIsUnavailableWithinTheConnectTimeoutAndNoPasswordIsTold() {
        assertThatThrownBy(() -> BackgroundQueues.open("amqp://bq:hunter2@127.0.0.1:1?connectTimeout=1s"))
                .isInstanceOfSatisfying(
                        QueueException.class, error -> assertThat(error.kind()).isEqualTo(Kind.UNAVAILABLE))
                .hasMessageContaining("127.0.0.1:1")
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void aUserWhomTheBrokerRefusesIsMisconfigured() throws Exception {
        URI broker = URI.create(Brokers.shared("rabbitmq").url());

        assertThatThrownBy(() -> RabbitMQBackgroundQueue.builder()
                        .address(broker.getHost(), broker.getPort())
                        .credentials("nobody", "hunter2")
                        .build())
                .isInstanceOfSatisfying(
                        QueueException.class, error -> assertThat(error.kind()).isEqualTo(Kind.MISCONFIGURED))
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void aVirtualHostThatIsNotThereIsMisconfigured() throws Exception {
        String url = Brokers.shared("rabbitmq").url();
        URI broker = URI.create(url);

        assertThatThrownBy(() -> BackgroundQueues.open(url.replace(broker.getRawPath(), "") + "/no-such-host"))
                .isInstanceOfSatisfying(
                        QueueException.class, error -> assertThat(error.kind()).isEqualTo(Kind.MISCONFIGURED))
                .hasMessageContaining("no-such-host");
    }

    @Test
    void aNodeThatIsAwayIsPassedOver() throws Exception {
        passesOver("127.0.0.1:1");
    }

    @Test
    void aNodeThatSaysNothingIsPassedOver() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            passesOver(silent.getInetAddress().getHostAddress() + ":" + silent.getLocalPort());
        }
    }

    private static void passesOver(String first) throws Exception {
        URI broker = URI.create(Brokers.shared("rabbitmq").url());
        String addresses = first + "," + broker.getHost() + ":" + broker.getPort();
        String path = broker.getRawPath() == null ? "" : broker.getRawPath();
        String user = broker.getRawUserInfo() == null ? "" : broker.getRawUserInfo() + "@";

        try (BackgroundQueue queue = BackgroundQueues.open(
                "amqp://" + user + first + path + "?addresses=" + addresses + "&connectTimeout=10s")) {
            queue.admin().check();
        }
    }

    @Test
    void withoutTopologyNothingIsDeclaredAndWhatIsMissingIsSaid() throws Exception {
        String topic = "bare-" + UUID.randomUUID().toString().substring(0, 8);
        try (BackgroundQueue queue = RabbitMQBackgroundQueue.builder()
                .url(Brokers.shared("rabbitmq").url())
                .createTopology(false)
                .connectTimeout(Duration.ofSeconds(3))
                .build()) {
            assertThatThrownBy(() -> queue.enqueue(topic, "payload"))
                    .isInstanceOfSatisfying(
                            QueueException.class,
                            error -> assertThat(error.kind()).isEqualTo(Kind.MISCONFIGURED))
                    .hasMessageContaining(RawRabbitMQ.lane(topic, 2));
        }
        try (RawRabbitMQ raw = new RawRabbitMQ(Brokers.shared("rabbitmq").url())) {
            assertThatThrownBy(() -> raw.channel().queueDeclarePassive(RawRabbitMQ.lane(topic, 2)))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void anExchangeThatIsMissingIsNamedAndNothingIsSentAgain() throws Exception {
        String exchange = "missing-" + UUID.randomUUID().toString().substring(0, 8);
        try (BackgroundQueue queue = RabbitMQBackgroundQueue.builder()
                .url(Brokers.shared("rabbitmq").url())
                .exchange(exchange)
                .createTopology(false)
                .build()) {
            assertThatThrownBy(() -> queue.enqueue("mail", "payload"))
                    .isInstanceOfSatisfying(
                            QueueException.class,
                            error -> assertThat(error.kind()).isEqualTo(Kind.MISCONFIGURED))
                    .hasMessageContaining(exchange);
        }
    }

    @Test
    void workersBehindAFanoutExchangeNeedAGroup() throws Exception {
        try (BackgroundQueue queue = RabbitMQBackgroundQueue.builder()
                .url(Brokers.shared("rabbitmq").url())
                .exchange("entry-points")
                .exchangeType(RabbitMQExchangeType.FANOUT)
                .build()) {
            assertThatThrownBy(() -> queue.consume("mail", String.class, task -> {}))
                    .isInstanceOfSatisfying(
                            QueueException.class,
                            error -> assertThat(error.kind()).isEqualTo(Kind.MISCONFIGURED))
                    .hasMessageContaining("group");
        }
    }

    @Test
    void aServerThatIsTooOldOrNoRabbitMQIsRefused() {
        RabbitMQSettings settings = new RabbitMQSettings();

        assertThat(facts("RabbitMQ", "3.10.8").isAtLeast(3, 10)).isTrue();
        assertThat(facts("RabbitMQ", "4.0.5").isAtLeast(3, 10)).isTrue();
        facts("RabbitMQ", "4.2.0-rc.1").require(settings);
        for (ServerFacts facts : new ServerFacts[] {facts("RabbitMQ", "3.9.29"), facts("Other", "9.0")}) {
            assertThatThrownBy(() -> facts.require(settings))
                    .isInstanceOfSatisfying(
                            QueueException.class,
                            error -> assertThat(error.kind()).isEqualTo(Kind.MISCONFIGURED))
                    .hasMessageContaining(facts.version());
        }
    }

    private static ServerFacts facts(String product, String version) {
        return ServerFacts.of(java.util.Map.of("product", product, "version", version));
    }
}
