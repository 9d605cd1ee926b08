package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.Capabilities.Durability;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.testkit.RecordingHandler;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.ds.PGSimpleDataSource;

/** The builder and the URL: what they take, what they refuse, and what they keep to themselves. */
class EntryPointsTest {
    private Lab postgresql;
    private Lab h2;

    @BeforeEach
    void open() throws Exception {
        postgresql = Lab.on(LabDatabase.POSTGRESQL);
        h2 = Lab.on(LabDatabase.H2);
    }

    @AfterEach
    void close() {
        postgresql.close();
        h2.close();
    }

    @Test
    void aQueueOverADataSourceAndOneByUrlShareTasks() throws Exception {
        String topic = Lab.newTopic("builder");
        RecordingHandler<Integer> handler = new RecordingHandler<>();
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(postgresql.rawUrl());
        try (BackgroundQueue built = JdbcBackgroundQueue.builder()
                        .dataSource(source)
                        .prefix("shop_")
                        .createTables(true)
                        .listen(false)
                        .deadLetterRetention(Duration.ofDays(30))
                        .options(QueueOptions.DEFAULT)
                        .build();
                BackgroundQueue opened = BackgroundQueues.open(postgresql.with("prefix=shop_"));
                BackgroundQueue elsewhere = BackgroundQueues.open(postgresql.url())) {
            opened.consume(topic, Integer.class, handler);
            elsewhere.enqueue(topic, 1);
            built.enqueue(topic, 2);
            handler.await(1);
            assertThat(handler.payloads()).containsExactly(2);
            assertThat(elsewhere.admin().stats(topic).ready()).hasValue(1);
        }
    }

    @Test
    void aDataSourceOfTheCallersStaysOpen() throws Exception {
        JdbcDataSource source = new JdbcDataSource();
        source.setUrl(h2.rawUrl() + ";WRITE_DELAY=0");
        JdbcBackgroundQueue.builder()
                .dataSource(source)
                .createTables(true)
                .build()
                .close();
        try (var connection = source.getConnection()) {
            assertThat(Raw.column(connection, "SELECT count(*) FROM bq_task")).containsExactly("0");
        }
    }

    @Test
    void theBuilderTakesUrlUserAndPassword() throws Exception {
        String url = postgresql.rawUrl();
        try (BackgroundQueue queue = JdbcBackgroundQueue.builder()
                .url(url.replaceFirst("\\?.*", ""))
                .username(parameter(url, "user"))
                .password(parameter(url, "password"))
                .schema(parameter(url, "currentSchema"))
                .createTables(true)
                .poolSize(3)
                .connectTimeout(Duration.ofSeconds(3))
                .build()) {
            queue.enqueue("t", 1);
            assertThat(postgresql.number("SELECT count(*) FROM bq_task")).isEqualTo(1);
            assertThat(queue.capabilities().backend()).isEqualTo("jdbc-postgresql");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "jdbc:                                             | jdbc:",
                "jdbc:sqlite:x.db                                  | sqlite",
                "jdbc:h2:mem:x?prefix=bq;drop                      | prefix",
                "jdbc:h2:mem:x?prefix=                             | prefix",
                "jdbc:h2:mem:x?poolSize=0                          | 1",
                "jdbc:h2:mem:x?connectTimeout=0s                   | longer than 0",
                "jdbc:h2:mem:x?deadLetterRetention=0s              | longer than 0",
                "jdbc:h2:mem:x?createTables=perhaps                | true or false",
                "jdbc:postgresql://host/db?listen=perhaps          | true or false",
                "jdbc:postgresql://host/db?schema=                 | schema",
            })
    void whatAUrlSaysWronglyIsRefusedWithoutConnecting(String url, String message) {
        assertThatThrownBy(() -> BackgroundQueues.open(url))
                .isInstanceOfSatisfying(
                        QueueException.class,
                        refused -> assertThat(refused.kind()).isEqualTo(Kind.INVALID))
                .hasMessageContaining(message);
    }

    @Test
    void anUnknownParameterIsRefusedAndTheKnownOnesAreNamed() {
        for (Lab lab : new Lab[] {postgresql, h2}) {
            QueueException refused = refusal(lab.with("prefx=x"));
            assertThat(refused.kind()).isEqualTo(Kind.INVALID);
            assertThat(refused)
                    .hasMessageContaining("prefx")
                    .hasMessageContaining("prefix")
                    .hasMessageContaining("poolSize")
                    .hasMessageNotContaining("bq-secret");
        }
    }

    @Test
    void whatTheDriverOfTheDatabaseKnowsIsPassedOn() throws Exception {
        try (BackgroundQueue queue = BackgroundQueues.open(postgresql.with("ApplicationName=shop"))) {
            assertThat(queue.capabilities().backend()).isEqualTo("jdbc-postgresql");
            assertThat(postgresql.number("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'shop'"))
                    .isPositive();
        }
    }

    @Test
    void aWrongPasswordIsMisconfiguredAndNotPrinted() {
        String wrong = postgresql.url().replaceFirst("password=[^&]*", "password=s3cret");
        QueueException refused = refusal(wrong);

        assertThat(refused.kind()).isEqualTo(Kind.MISCONFIGURED);
        assertAllOf(refused, "s3cret");
    }

    @Test
    void aServerThatIsAwayIsUnavailable() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        QueueException away =
                refusal("jdbc:postgresql://127.0.0.1:" + port + "/db?user=u&password=s3cret&connectTimeout=2s");

        assertThat(away.kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(away).hasMessageContaining("127.0.0.1:" + port);
        assertAllOf(away, "s3cret");
    }

    @Test
    void aServerThatSaysNothingIsUnavailableWithinTheConnectTimeout() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String url = "jdbc:postgresql://127.0.0.1:" + silent.getLocalPort()
                    + "/db?user=u&password=s3cret&connectTimeout=1s";

            QueueException away = Lab.beside("open", () -> refusal(url)).get(6, TimeUnit.SECONDS);

            assertThat(away.kind()).isEqualTo(Kind.UNAVAILABLE);
            assertAllOf(away, "s3cret");
        }
    }

    @Test
    void anH2ThatAnswersBeforeItsFileIsWrittenIsRefusedWithTheCommandThatMendsIt() throws Exception {
        JdbcDataSource source = new JdbcDataSource();
        source.setUrl(h2.rawUrl());
        QueueException refused = catchThrowableOfType(QueueException.class, () -> {
            JdbcBackgroundQueue.builder()
                    .dataSource(source)
                    .createTables(true)
                    .build()
                    .close();
        });

        assertThat(refused.kind()).isEqualTo(Kind.MISCONFIGURED);
        assertThat(refused).hasMessageContaining("SET WRITE_DELAY 0");
    }

    @Test
    void whatABackendKeepsIsDeclared() {
        try (BackgroundQueue onDisk = BackgroundQueues.open(h2.url());
                BackgroundQueue inMemory = BackgroundQueues.open("jdbc:h2:mem:declared;DB_CLOSE_DELAY=-1");
                BackgroundQueue onServer = BackgroundQueues.open(postgresql.url())) {
            assertThat(onDisk.capabilities().durability()).isEqualTo(Durability.DISK);
            assertThat(onServer.capabilities().durability()).isEqualTo(Durability.DISK);
            assertThat(inMemory.capabilities().durability()).isEqualTo(Durability.PROCESS);
            assertThat(onDisk.capabilities().backend()).isEqualTo("jdbc-h2");
        }
    }

    @Test
    void whatWasAcceptedIsInTheFileWhenTheQueueIsClosed() {
        try (BackgroundQueue queue = BackgroundQueues.open(h2.url())) {
            queue.enqueue("t", 1);
        }
        try (BackgroundQueue queue = BackgroundQueues.open(h2.url())) {
            assertThat(queue.admin().stats("t").ready()).hasValue(1);
        }
    }

    private static QueueException refusal(String url) {
        return catchThrowableOfType(
                QueueException.class, () -> BackgroundQueues.open(url).close());
    }

    /** In no message of the whole chain. */
    private static void assertAllOf(Throwable error, String secret) {
        for (Throwable at = error; at != null; at = at.getCause()) {
            assertThat(String.valueOf(at)).doesNotContain(secret);
        }
    }

    private static String parameter(String url, String name) {
        return url.replaceFirst(".*[?&]" + name + "=([^&]*).*", "$1");
    }
}
