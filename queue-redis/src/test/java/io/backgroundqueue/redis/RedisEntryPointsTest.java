package io.backgroundqueue.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.spi.QueueUrl;
import io.backgroundqueue.testkit.RecordingHandler;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.HostAndPort;

/** The builder and the URL: what they take, what they refuse, and what they keep to themselves. */
class RedisEntryPointsTest {
    @Test
    void aQueueOfTheBuilderAndOneByUrlShareTasksOfOnePrefix() throws Exception {
        try (Lab lab = Lab.shared()) {
            String topic = Lab.newTopic("builder");
            RecordingHandler<Integer> handler = new RecordingHandler<>();
            HostAndPort node =
                    RedisSettings.of(QueueUrl.parse(lab.broker().url())).hosts.get(0);
            try (BackgroundQueue built = RedisBackgroundQueue.builder()
                            .address(node.getHost(), node.getPort())
                            .prefix("shop:eu")
                            .concurrency(3)
                            .connectTimeout(Duration.ofSeconds(3))
                            .deadLetterRetention(Duration.ofDays(30))
                            .build();
                    BackgroundQueue opened = BackgroundQueues.open(lab.broker().url() + "?prefix=shop:eu");
                    BackgroundQueue elsewhere =
                            BackgroundQueues.open(lab.broker().url())) {
                opened.consume(topic, Integer.class, handler);
                elsewhere.enqueue(topic, 1);
                built.enqueue(topic, 2);
                handler.await(1);
                assertThat(handler.payloads()).containsExactly(2);
                assertThat(elsewhere.admin().stats(topic).ready()).hasValue(1);
            }
        }
    }

    @Test
    void theBuilderTakesAddressAndDatabaseByUrl() throws Exception {
        try (Lab lab = Lab.shared()) {
            String topic = Lab.newTopic("database");
            try (BackgroundQueue five = RedisBackgroundQueue.builder()
                            .url(lab.broker().url() + "/5")
                            .options(QueueOptions.DEFAULT)
                            .build();
                    BackgroundQueue zero = RedisBackgroundQueue.builder()
                            .url(lab.broker().url())
                            .build()) {
                five.enqueue(topic, "five");
                assertThat(five.admin().stats(topic).ready()).hasValue(1);
                assertThat(zero.admin().stats(topic).ready()).hasValue(0);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "redis:                                  | names no host",
                "redis://                                | names no host",
                "redis://host:port                       | a port from 1 to 65535",
                "redis://host:99999                      | 1 to 65535",
                "redis://somebody@host                   | no password",
                "redis://host/first                      | not the number of a database",
                "redis://host/-1                         | 0 or more",
                "redis://host?prefix={x}                 | prefix",
                "redis://host?connectTimeout=0s          | longer than 0",
                "redis://host?deadLetterRetention=0s     | longer than 0",
                "redis://host?durability=certain         | none of server, replicated and fsynced",
                "redis://host?durability=replicated&replicas=0 | 1 to 1000",
                "redis://host?durability=fsynced&durabilityTimeout=0s | longer than 0",
            })
    void whatAUrlSaysWronglyIsRefusedWithoutConnecting(String url, String message) {
        assertThatThrownBy(() -> BackgroundQueues.open(url))
                .isInstanceOfSatisfying(
                        QueueException.class,
                        refused -> assertThat(refused.kind()).isEqualTo(Kind.INVALID))
                .hasMessageContaining(message);
    }

    @Test
    void anUnknownParameterIsRefusedAndTheKnownOnesAreNamed() throws Exception {
        try (Lab lab = Lab.shared()) {
            assertThatThrownBy(() -> BackgroundQueues.open(lab.broker().url() + "?prefx=x"))
                    .hasMessageContaining("prefx")
                    .hasMessageContaining("durability, durabilityTimeout")
                    .hasMessageContaining("prefix, replicas");
        }
    }

    @Test
    void theBuilderTakesNoParametersAndNoOtherScheme() {
        assertThatThrownBy(() -> RedisBackgroundQueue.builder().url("redis://host?prefix=x"))
                .hasMessageContaining("prefix");
        assertThatThrownBy(() -> RedisBackgroundQueue.builder().url("memory:x"))
                .hasMessageContaining("neither redis: nor rediss:");
    }

    @Test
    void userAndPasswordAreDecodedAndNeverPrinted() {
        RedisSettings settings = RedisSettings.of(QueueUrl.parse("rediss://us%40er:p%3Aa%2Fss+1@one:1,two:2,three/7"));

        assertThat(settings.user).hasValue("us@er");
        assertThat(settings.password).hasValue("p:a/ss+1");
        assertThat(settings.hosts)
                .isEqualTo(
                        List.of(new HostAndPort("one", 1), new HostAndPort("two", 2), new HostAndPort("three", 6379)));
        assertThat(settings.database).isEqualTo(7);
        assertThat(settings.tls).isTrue();
        assertThat(settings).hasToString("rediss://one:1,two:2,three:6379/7");
    }

    @Test
    void aServerThatIsAwayIsUnavailableWithinTheConnectTimeout() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        QueueException away = catchThrowableOfType(
                QueueException.class, () -> BackgroundQueues.open("redis://u:s3cret@127.0.0.1:" + port));

        assertThat(away.kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(away)
                .hasMessageContaining("127.0.0.1:" + port)
                .hasMessageContaining("Check that the server runs")
                .hasMessageNotContaining("s3cret");
    }

    @Test
    void aServerThatSaysNothingIsUnavailableWithinTheConnectTimeout() throws Exception {
        try (ServerSocket silent = new ServerSocket(0)) {
            long before = System.nanoTime();
            QueueException away = catchThrowableOfType(
                    QueueException.class,
                    () -> BackgroundQueues.open(
                            "redis://127.0.0.1:" + silent.getLocalPort() + "?connectTimeout=300ms"));

            assertThat(away.kind()).isEqualTo(Kind.UNAVAILABLE);
            assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(5));
        }
    }

    /** Less than a millisecond must not become 0, which sockets take for no bound at all. */
    @Test
    @Timeout(10)
    void aConnectTimeoutOfLessThanAMillisecondIsABound() throws Exception {
        try (ServerSocket silent = new ServerSocket(0)) {
            RedisBackgroundQueue.Builder builder = RedisBackgroundQueue.builder()
                    .url("redis://127.0.0.1:" + silent.getLocalPort())
                    .connectTimeout(Duration.ofNanos(1));

            assertThatThrownBy(builder::build)
                    .isInstanceOfSatisfying(
                            QueueException.class,
                            away -> assertThat(away.kind()).isEqualTo(Kind.UNAVAILABLE));
        }
    }
}
