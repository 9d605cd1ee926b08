package io.backgroundqueue.brokers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.backgroundqueue.testkit.BrokerStarter;
import io.backgroundqueue.testkit.Brokers;
import io.backgroundqueue.testkit.Patience;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RabbitMQServerTest {
    private static final Patience PATIENCE = Patience.standard().times(2);

    @Test
    void theStarterIsFoundByItsService() {
        assertThat(ServiceLoader.load(BrokerStarter.class))
                .filteredOn(starter -> starter.kind() == BrokerStarter.Kind.PROCESS)
                .extracting(BrokerStarter::broker)
                .contains("rabbitmq");
    }

    @Test
    void theScriptsAreFoundBehindALinkOfThePath(@TempDir Path folder) throws Exception {
        Path scripts = Files.createDirectories(folder.resolve("scripts"));
        program(scripts.resolve("rabbitmq-server"));
        program(scripts.resolve("wrapper"));
        Files.createFile(scripts.resolve("rabbitmq-env"));
        Path path = Files.createDirectories(folder.resolve("path"));
        Files.createSymbolicLink(path.resolve("rabbitmq-server"), scripts.resolve("wrapper"));

        Optional<RabbitMQScripts> found = RabbitMQScripts.installed("/nowhere:" + path, Path.of("/neither"));

        assertThat(found).map(RabbitMQScripts::folder).hasValue(scripts.toRealPath());
    }

    @Test
    void aWrapperAloneIsNotTaken(@TempDir Path path) throws Exception {
        program(path.resolve("rabbitmq-server"));

        assertThat(RabbitMQScripts.installed(path.toString(), Path.of("/neither")))
                .isEmpty();
    }

    @Test
    void killedOrStoppedAndStartedAgainItHasItsDataAndItsPort() throws Exception {
        assumeProcesses();
        try (RabbitMQServer server = RabbitMQServer.launch()) {
            assertThat(server.version()).matches("[34]\\.\\d+\\.\\d+");
            Published.to(server.url(), "first", "kept");

            server.kill();
            server.kill();
            assertThatThrownBy(() -> AmqpGreeting.of(server.port())).isInstanceOf(IOException.class);
            server.start();
            server.start();
            assertThat(Published.in(server.url(), "first")).isEqualTo("kept");

            Published.to(server.url(), "second", "kept");
            server.stop();
            assertThatThrownBy(() -> AmqpGreeting.of(server.port())).isInstanceOf(IOException.class);
            server.start();
            assertThat(Published.in(server.url(), "first")).isEqualTo("nothing");
            assertThat(Published.in(server.url(), "second")).isEqualTo("kept");
        }
    }

    @Test
    void itTakesSettingsHasToolsAndNoPortMapperAndLeavesNothingBehind() throws Exception {
        assumeProcesses();
        List<Long> mappers = portMappers();
        RabbitMQServer server = RabbitMQServer.launch("consumer_timeout = 12345");
        Path folder;
        try (server) {
            assertThat(server.tool("rabbitmqctl", "eval", "application:get_env(rabbit, consumer_timeout)."))
                    .contains("{ok,12345}");
            assertThatThrownBy(() -> server.tool("rabbitmqctl", "no_such_command"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("no_such_command");
            folder = server.folder();
            assertThat(folder).isDirectory();
            assertThat(portMappers()).isEqualTo(mappers);
        }

        assertThat(folder).doesNotExist();
        assertThatThrownBy(() -> AmqpGreeting.of(server.port())).isInstanceOf(IOException.class);
        assertThat(portMappers()).isEqualTo(mappers);
        server.close();
    }

    @Test
    void aSettingThatTheServerRefusesIsTold() {
        assumeProcesses();
        assertThatThrownBy(() -> RabbitMQServer.launch("no_such_setting = 1"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("ended with status")
                .hasMessageContaining("no_such_setting");
    }

    @Test
    void nothingIsLeftWhenTheJvmThatStartedItIsKilled() throws Exception {
        assumeProcesses();
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
        assertThat(folder).isDirectory();
        assertThat(AmqpGreeting.of(port).version()).isNotEmpty();

        jvm.destroyForcibly();

        PATIENCE.eventually(() -> !Files.exists(folder), () -> "the folder is still there: " + folder);
        PATIENCE.eventually(() -> !serves(port), () -> "the server still runs on port " + port);
    }

    private static void assumeProcesses() {
        assumeFalse("container".equals(System.getProperty(Brokers.KIND)), "only containers are wanted");
    }

    private static void program(Path file) throws IOException {
        assertThat(Files.createFile(file).toFile().setExecutable(true)).isTrue();
    }

    private static boolean serves(int port) {
        try {
            return !AmqpGreeting.of(port).version().isEmpty();
        } catch (IOException refused) {
            return false;
        }
    }

    private static List<Long> portMappers() {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info().command().orElse("").endsWith("/epmd"))
                .map(ProcessHandle::pid)
                .sorted()
                .toList();
    }

    /** A JVM that starts a server, says where it is, and waits to be killed. */
    static final class Holder {
        private Holder() {}

        public static void main(String[] arguments) throws Exception {
            RabbitMQServer server = RabbitMQServer.launch();
            System.out.println(server.port());
            System.out.println(server.folder());
            System.out.flush();
            System.in.read();
        }
    }
}
