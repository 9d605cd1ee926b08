package io.backgroundqueue.brokers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.testkit.BrokerStarter;
import io.backgroundqueue.testkit.Patience;
import io.backgroundqueue.testkit.RunningBroker;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

class PostgresServerTest {
    private static final Patience PATIENCE = Patience.standard();

    @Test
    void theStarterIsFoundByItsService() {
        assertThat(ServiceLoader.load(BrokerStarter.class))
                .filteredOn(starter -> starter.kind() == BrokerStarter.Kind.PROCESS)
                .extracting(BrokerStarter::broker)
                .contains("postgresql");
    }

    @Test
    void thePackagedServerRunsHere() {
        assertThat(PostgresPrograms.packaged()).as(PostgresStarter.REMEDY).isPresent();
        assertThat(PostgresPrograms.packaged().orElseThrow().version()).matches("\\d+\\.\\d+");
    }

    @Test
    void killedAndStartedAgainItHasItsDataAndItsPort() throws Exception {
        try (PostgresServer server = PostgresServer.launch()) {
            Queried.run(server.url(), "CREATE TABLE kept AS SELECT 17 AS n");

            server.kill();
            assertThatThrownBy(() -> Queried.of(server.url(), "SELECT 1")).isInstanceOf(SQLException.class);
            server.kill();
            server.start();
            server.start();

            assertThat(Queried.of(server.url(), "SELECT n FROM kept")).isEqualTo("17");
        }
    }

    @Test
    void stoppedUnderAnOpenConnectionAndStartedAgainItHasItsDataAndItsPort() throws Exception {
        try (PostgresServer server = PostgresServer.launch();
                AutoCloseable open = Queried.connection(server.url())) {
            Queried.run(server.url(), "CREATE TABLE kept AS SELECT 17 AS n");

            server.stop();
            assertThatThrownBy(() -> Queried.of(server.url(), "SELECT 1")).isInstanceOf(SQLException.class);
            server.stop();
            server.start();

            assertThat(Queried.of(server.url(), "SELECT n FROM kept")).isEqualTo("17");
            assertThat(open).isNotNull();
        }
    }

    @Test
    void itSyncsEveryCommitAndListensOnTheLoopbackAddressOnly() throws Exception {
        try (PostgresServer server = PostgresServer.launch()) {
            assertThat(Queried.of(server.url(), "SHOW fsync")).isEqualTo("on");
            assertThat(Queried.of(server.url(), "SHOW synchronous_commit")).isEqualTo("on");
            assertThat(Queried.of(server.url(), "SHOW listen_addresses")).isEqualTo("127.0.0.1");
            assertThat(Queried.of(server.url(), "SHOW unix_socket_directories")).isEmpty();
            assertThat(Queried.of(server.url(), "SHOW server_version")).isEqualTo(server.version());
        }
    }

    @Test
    void settingsOfACallersOwnComeOnTop() throws Exception {
        try (PostgresServer server = PostgresServer.launch("autovacuum=off", "max_connections=7")) {
            assertThat(Queried.of(server.url(), "SHOW autovacuum")).isEqualTo("off");
            assertThat(Queried.of(server.url(), "SHOW max_connections")).isEqualTo("7");
        }
    }

    @Test
    void theStarterPassesSettingsOn() throws Exception {
        try (RunningBroker server = new PostgresStarter().start(List.of("autovacuum=off"))) {
            assertThat(Queried.of(server.url(), "SHOW autovacuum")).isEqualTo("off");
        }
    }

    @Test
    void whoeverHasNoPasswordIsRefused() throws Exception {
        try (PostgresServer server = PostgresServer.launch()) {
            String wrong = server.url().replaceFirst("password=.*", "password=wrong");
            assertThatThrownBy(() -> Queried.of(wrong, "SELECT 1")).hasMessageContaining("password");
        }
    }

    @Test
    void aSettingThatTheServerRefusesIsTold() {
        assertThatThrownBy(() -> PostgresServer.launch("no_such_setting=1"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("ended with status")
                .hasMessageContaining("no_such_setting");
    }

    @Test
    void closedItLeavesNothingBehind() throws Exception {
        PostgresServer server = PostgresServer.launch();
        Path folder = Path.of(Queried.of(server.url(), "SHOW data_directory")).getParent();
        assertThat(folder).isDirectory();

        server.close();

        assertThat(folder).doesNotExist();
        assertThatThrownBy(() -> Queried.of(server.url(), "SELECT 1")).isInstanceOf(SQLException.class);
        server.close();
    }

    @Test
    void nothingIsLeftWhenTheJvmThatStartedItIsKilled() throws Exception {
        Process jvm = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Holder.class.getName())
                .redirectErrorStream(true)
                .start();
        BufferedReader said = new BufferedReader(new InputStreamReader(jvm.getInputStream(), StandardCharsets.UTF_8));
        int port = Integer.parseInt(said.readLine());
        Path data = Path.of(said.readLine()).getParent();
        Path programs = Path.of(said.readLine());
        assertThat(data).isDirectory();
        assertThat(programs).isDirectory();

        jvm.destroyForcibly();

        PATIENCE.eventually(() -> !Files.exists(data), () -> "the data is still there: " + data);
        PATIENCE.eventually(() -> !Files.exists(programs), () -> "the programs are still there: " + programs);
        PATIENCE.eventually(() -> !listening(port), () -> "the server still runs on port " + port);
    }

    private static boolean listening(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException refused) {
            return false;
        }
    }

    /** A JVM that starts a server, says where it is, and waits to be killed. */
    static final class Holder {
        private Holder() {}

        public static void main(String[] arguments) throws Exception {
            PostgresServer server = PostgresServer.launch();
            System.out.println(server.port());
            System.out.println(Queried.of(server.url(), "SHOW data_directory"));
            System.out.println(PostgresPrograms.packaged().orElseThrow().folder());
            System.out.flush();
            System.in.read();
        }
    }
}
