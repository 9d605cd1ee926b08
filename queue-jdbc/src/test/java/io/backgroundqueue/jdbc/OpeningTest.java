package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.Connection;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Opening ends when it was told to, whatever keeps the server. */
class OpeningTest {
    private Lab lab;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.on(LabDatabase.POSTGRESQL);
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void aTableThatSomebodyHasLockedHoldsItUpNoLongerThanTheConnectTimeout() throws Exception {
        Lab.opened(lab.url()).close();
        try (Connection locking = Raw.connection(lab.rawUrl())) {
            locking.setAutoCommit(false);
            Raw.run(locking, "LOCK TABLE bq_schema IN ACCESS EXCLUSIVE MODE");
            Future<QueueException> opening = Lab.beside("open", () -> refusal(lab.with("connectTimeout=2s")));

            assertThat(opening.get(8, TimeUnit.SECONDS).kind()).isEqualTo(Kind.UNAVAILABLE);

            locking.rollback();
        }
        Lab.opened(lab.url()).close();
    }

    @Test
    void theBuilderTakesAConnectTimeoutBehindTheUrl() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            JdbcBackgroundQueue.Builder builder = JdbcBackgroundQueue.builder()
                    .url("jdbc:postgresql://127.0.0.1:" + silent.getLocalPort() + "/db?user=u&password=s3cret")
                    .connectTimeout(Duration.ofSeconds(1));

            Duration taken = Timed.of(() -> assertThatThrownBy(builder::build).isInstanceOf(QueueException.class));

            assertThat(taken).isLessThan(Duration.ofSeconds(4));
        }
    }

    @Test
    void aPoolOfOneIsRefused() {
        assertThat(refusal(lab.with("poolSize=1")))
                .hasMessageContaining("poolSize")
                .hasMessageContaining("2");
        assertThatThrownBy(() -> JdbcBackgroundQueue.builder().poolSize(1)).hasMessageContaining("from 2 to 1000");
    }

    @Test
    void aDatabaseThatIsNotOfUnicodeIsRefusedWithTheCommandThatMakesOne() throws Exception {
        String name = "ascii_" + UUID.randomUUID().toString().replace("-", "");
        Raw.run(
                lab.rawUrl(),
                "CREATE DATABASE " + name + " ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
        lab.closeLater(() -> Raw.run(lab.rawUrl(), "DROP DATABASE " + name));
        String url =
                lab.rawUrl().replaceFirst("/[^/?]*\\?", "/" + name + "?").replaceFirst("[?&]currentSchema=[^&]*", "");

        QueueException refused = refusal(url + (url.contains("?") ? "&" : "?") + "createTables=true");

        assertThat(refused.kind()).isEqualTo(Kind.MISCONFIGURED);
        assertThat(refused).hasMessageContaining("SQL_ASCII").hasMessageContaining("ENCODING 'UTF8'");
    }

    private static QueueException refusal(String url) {
        return catchThrowableOfType(QueueException.class, () -> Lab.opened(url).close());
    }
}
