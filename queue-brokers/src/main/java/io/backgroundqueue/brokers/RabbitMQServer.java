package io.backgroundqueue.brokers;

import io.backgroundqueue.testkit.BrokerProcess;
import io.backgroundqueue.testkit.RunningBroker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A RabbitMQ of one's own: a local process on a free port of the loopback address, without plugins, with its data in a
 * temporary folder. Stopped, killed and started it keeps port and data; closed it leaves nothing behind. Thread-safe.
 */
public final class RabbitMQServer implements RunningBroker, BrokerProcess {
    private static final String HOST = "127.0.0.1";
    private static final long TOOL_SECONDS = 60;

    private final RabbitMQScripts scripts;
    private final RabbitMQNode node;
    private final LocalProcess process;
    private final String version;

    private RabbitMQServer(RabbitMQScripts scripts, RabbitMQNode node, LocalProcess process, String version) {
        this.scripts = scripts;
        this.node = node;
        this.process = process;
        this.version = version;
    }

    /**
     * Starts one; returns when it answers.
     *
     * @param settings lines of {@code rabbitmq.conf}, such as {@code consumer_timeout = 10000}
     * @throws IllegalStateException if no RabbitMQ is installed here, or it ends at once; the message says what to do
     */
    public static RabbitMQServer launch(String... settings) throws Exception {
        RabbitMQScripts scripts = RabbitMQScripts.find()
                .orElseThrow(
                        () -> new IllegalStateException("no RabbitMQ is installed here. " + RabbitMQStarter.REMEDY));
        BrokerFolder folder = BrokerFolder.create("rabbitmq");
        RabbitMQNode node = new RabbitMQNode(folder.path(), FreePorts.port(1));
        LocalProcess process = new LocalProcess(
                folder, scripts.script("rabbitmq-server", node.server(), List.of()), () -> answers(node.port()));
        try {
            node.configure(List.of(settings));
            process.start();
            return new RabbitMQServer(
                    scripts, node, process, AmqpGreeting.of(node.port()).version());
        } catch (Exception failed) {
            process.close();
            throw failed;
        }
    }

    /** Where it is. */
    public String host() {
        return HOST;
    }

    /** Where it is. */
    public int port() {
        return node.port();
    }

    /** Where its data, its log and its cookie are. */
    Path folder() {
        return node.folder();
    }

    @Override
    public String url() {
        return "amqp://guest:guest@" + HOST + ":" + port();
    }

    @Override
    public String version() {
        return version;
    }

    @Override
    public String startedBy() {
        return "process, rabbitmq-server of " + scripts.folder();
    }

    @Override
    public String tool(String... words) throws Exception {
        ProcessBuilder command = scripts.script(
                        words[0], node.tools(), List.of(words).subList(1, words.length))
                .redirectErrorStream(true);
        Process tool = command.start();
        tool.getOutputStream().close();
        CompletableFuture<Process> ended =
                tool.onExit().orTimeout(TOOL_SECONDS, TimeUnit.SECONDS).exceptionally(late -> tool.destroyForcibly());
        String said = new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (ended.join().waitFor() != 0) {
            throw new IllegalStateException(String.join(" ", words) + " failed:\n" + said);
        }
        return said;
    }

    @Override
    public Optional<BrokerProcess> process() {
        return Optional.of(this);
    }

    @Override
    public void stop() throws Exception {
        process.stop();
    }

    @Override
    public void kill() throws Exception {
        process.kill();
    }

    @Override
    public void start() throws Exception {
        process.start();
    }

    @Override
    public void close() {
        process.close();
    }

    private static boolean answers(int port) throws IOException {
        return !AmqpGreeting.of(port).version().isEmpty();
    }
}
