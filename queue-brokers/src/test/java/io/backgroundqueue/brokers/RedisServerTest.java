package io.backgroundqueue.brokers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.testkit.BrokerStarter;
import io.backgroundqueue.testkit.Patience;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

class RedisServerTest {
    private static final Patience PATIENCE = Patience.standard();

    @Test
    void theStarterIsFoundByItsService() {
        assertThat(ServiceLoader.load(BrokerStarter.class))
                .filteredOn(starter -> starter.kind() == BrokerStarter.Kind.PROCESS)
                .extracting(BrokerStarter::broker)
                .contains("redis");
    }

    @Test
    void thePackagedServerRunsHere() {
        assertThat(RedisBinary.packaged()).as(RedisStarter.REMEDY).isPresent();
        assertThat(RedisBinary.packaged().orElseThrow().version()).startsWith("6.2");
    }

    @Test
    void aFolderWithoutAServerOffersNone() {
        assertThat(RedisBinary.installed("/nowhere:/neither")).isEmpty();
    }

    @Test
    void killedAndStartedAgainItHasItsDataAndItsPort() throws Exception {
        try (RedisServer server = RedisServer.launch()) {
            assertThat(Asked.of(server.port(), "SET key kept")).isEqualTo("+OK");

            server.kill();
            assertThatThrownBy(() -> Asked.of(server.port(), "PING")).isInstanceOf(IOException.class);
            server.kill();
            server.start();
            server.start();

            assertThat(Asked.of(server.port(), "GET key")).isEqualTo("kept");
        }
    }

    @Test
    void stoppedAndStartedAgainItHasItsDataAndItsPort() throws Exception {
        try (RedisServer server = RedisServer.launch()) {
            assertThat(Asked.of(server.port(), "SET key kept")).isEqualTo("+OK");

            server.stop();
            assertThatThrownBy(() -> Asked.of(server.port(), "PING")).isInstanceOf(IOException.class);
            server.start();

            assertThat(Asked.of(server.port(), "GET key")).isEqualTo("kept");
        }
    }

    @Test
    void itSyncsItsLogEverySecondAndTakesNoSnapshots() throws Exception {
        try (RedisServer server = RedisServer.launch()) {
            assertThat(setting(server, "appendonly")).isEqualTo("yes");
            assertThat(setting(server, "appendfsync")).isEqualTo("always");
            assertThat(setting(server, "save")).isEmpty();
            assertThat(setting(server, "bind")).isEqualTo("127.0.0.1");
        }
    }

    @Test
    void argumentsOfACallersOwnComeOnTop() throws Exception {
        try (RedisServer server = RedisServer.launch(
                "--maxmemory-policy", "allkeys-lru", "--appendonly", "no", "--cluster-enabled", "yes")) {
            assertThat(setting(server, "maxmemory-policy")).isEqualTo("allkeys-lru");
            assertThat(setting(server, "appendonly")).isEqualTo("no");
            assertThat(setting(server, "cluster-enabled")).isEqualTo("yes");
        }
    }

    @Test
    void aServerThatWantsAPasswordAnswersToo() throws Exception {
        try (RedisServer server = RedisServer.launch("--requirepass", "secret")) {
            assertThat(Asked.of(server.port(), "GET key")).startsWith("-NOAUTH");
        }
    }

    @Test
    void anArgumentThatTheServerRefusesIsTold() {
        assertThatThrownBy(() -> RedisServer.launch("--no-such-setting", "1"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("ended with status")
                .hasMessageContaining("no-such-setting");
    }

    @Test
    void closedItLeavesNothingBehind() throws Exception {
        RedisServer server = RedisServer.launch();
        Path folder = Path.of(setting(server, "dir"));
        assertThat(folder).isDirectory();

        server.close();

        assertThat(folder).doesNotExist();
        assertThatThrownBy(() -> Asked.of(server.port(), "PING")).isInstanceOf(IOException.class);
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
        Path folder = Path.of(said.readLine());
        assertThat(Asked.of(port, "PING")).isEqualTo("+PONG");

        jvm.destroyForcibly();

        PATIENCE.eventually(() -> !Files.exists(folder), () -> "the folder is still there: " + folder);
        PATIENCE.eventually(() -> !listening(port), () -> "the server still runs on port " + port);
    }

    private static boolean listening(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException refused) {
            return false;
        }
    }

    private static String setting(RedisServer server, String name) throws IOException {
        return Asked.setting(server.port(), name);
    }

    /** A JVM that starts a server, says where it is, and waits to be killed. */
    static final class Holder {
        private Holder() {}

        public static void main(String[] arguments) throws Exception {
            RedisServer server = RedisServer.launch();
            System.out.println(server.port());
            System.out.println(Asked.setting(server.port(), "dir"));
            System.out.flush();
            System.in.read();
        }
    }
}
