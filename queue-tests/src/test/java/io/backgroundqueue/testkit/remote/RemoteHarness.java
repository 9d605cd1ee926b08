package io.backgroundqueue.testkit.remote;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.Capabilities;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.testkit.BrokerControl;
import io.backgroundqueue.testkit.FaultProxy;
import io.backgroundqueue.testkit.Patience;
import io.backgroundqueue.testkit.QueueHarness;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import tools.jackson.core.type.TypeReference;

/** A {@link RemoteBroker} behind a proxy. */
final class RemoteHarness implements QueueHarness, BrokerControl {
    private final Path folder;
    private final FaultProxy proxy;
    private final int port;
    private final boolean lent;
    private Process process;

    private RemoteHarness(Path folder, Process process, int port, FaultProxy proxy, boolean lent) {
        this.folder = folder;
        this.process = process;
        this.port = port;
        this.proxy = proxy;
        this.lent = lent;
    }

    static RemoteHarness open() throws Exception {
        Path folder = Files.createTempDirectory("bq-remote");
        Process process = launch(folder, 0);
        int port = port(folder);
        return new RemoteHarness(folder, process, port, FaultProxy.to("127.0.0.1", port), false);
    }

    /** The same broker, for a test that shares it: closing this does nothing. */
    RemoteHarness lend() {
        return new RemoteHarness(folder, process, port, proxy, true);
    }

    @Override
    public String adapter() {
        return "remote";
    }

    @Override
    public Capabilities capabilities() {
        return RemoteDriver.declared();
    }

    @Override
    public BackgroundQueue openQueue(QueueOptions options) {
        return BackgroundQueues.open(address(), options);
    }

    @Override
    public Optional<String> url() {
        return Optional.of(address());
    }

    @Override
    public Optional<BrokerControl> broker() {
        return Optional.of(this);
    }

    @Override
    public Optional<FaultProxy> proxy() {
        return Optional.of(proxy);
    }

    @Override
    public boolean ownClocks() {
        return false;
    }

    @Override
    public void stop() {
        kill();
    }

    @Override
    public void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    @Override
    public void start() throws Exception {
        Files.deleteIfExists(folder.resolve("port"));
        process = launch(folder, port);
        port(folder);
    }

    @Override
    public void cutNetwork() {
        proxy.refuse();
        proxy.cut();
    }

    @Override
    public void restoreNetwork() {
        proxy.restore();
    }

    @Override
    public String brokerVersion() {
        return "-";
    }

    @Override
    public String startedBy() {
        return "another JVM";
    }

    @Override
    public void close() {
        if (lent) {
            return;
        }
        kill();
        proxy.close();
        for (String file : new String[] {"port", "log", ""}) {
            delete(folder.resolve(file));
        }
    }

    private String address() {
        return "remote://127.0.0.1:" + proxy.port();
    }

    private static Process launch(Path folder, int port) throws IOException {
        File log = folder.resolve("log").toFile();
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx512m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        RemoteBroker.class.getName(),
                        folder.resolve("port").toString(),
                        String.valueOf(port))
                .redirectErrorStream(true)
                .redirectOutput(log)
                .start();
    }

    private static int port(Path folder) throws Exception {
        Path file = folder.resolve("port");
        Patience.standard().eventually(() -> Files.exists(file), () -> "the broker does not start: " + log(folder));
        int port = Integer.parseInt(Files.readString(file));
        Patience.standard().eventually(() -> answers(port), () -> "the broker does not answer: " + log(folder));
        return port;
    }

    /** A broker is there when it answers: the first call of a new JVM can take seconds on a busy machine. */
    private static boolean answers(int port) throws Exception {
        Connections connections = new Connections(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        try {
            return connections.call(Duration.ofSeconds(5), new TypeReference<Boolean>() {}, "check");
        } catch (IOException notYet) {
            return false;
        } finally {
            connections.close();
        }
    }

    private static String log(Path folder) {
        try {
            return Files.readString(folder.resolve("log"));
        } catch (IOException unreadable) {
            return unreadable.toString();
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException kept) {
            throw new java.io.UncheckedIOException(kept);
        }
    }
}
