package io.backgroundqueue.brokers;

import io.backgroundqueue.testkit.BrokerProcess;
import io.backgroundqueue.testkit.RunningBroker;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A Redis of one's own: a local process on a free port of the loopback address, with an append-only file in a temporary
 * folder, synced before every answer. Stopped, killed and started it keeps port and data; closed it leaves nothing behind.
 * Thread-safe.
 */
public final class RedisServer implements RunningBroker, BrokerProcess {
    private static final String HOST = "127.0.0.1";
    /** A node of a cluster talks to others on the port that is so much higher. */
    private static final int CLUSTER_BUS = 10_000;

    private static final int LOOK_MILLIS = 1_000;

    private final int port;
    private final RedisBinary binary;
    private final LocalProcess process;

    private RedisServer(int port, RedisBinary binary, LocalProcess process) {
        this.port = port;
        this.binary = binary;
        this.process = process;
    }

    /**
     * Starts one; returns when it answers.
     *
     * @param extra arguments as on the command line, such as {@code --cluster-enabled yes} in two strings; they override
     *     what is set otherwise. The plain port must stay open
     * @throws IllegalStateException if no redis-server runs here, or it ends at once; the message says what to do
     */
    public static RedisServer launch(String... extra) throws Exception {
        RedisBinary binary = RedisBinary.find()
                .orElseThrow(() -> new IllegalStateException("no redis-server runs here. " + RedisStarter.REMEDY));
        int port = FreePorts.port(CLUSTER_BUS);
        BrokerFolder folder = BrokerFolder.create("redis");
        LocalProcess process = new LocalProcess(
                folder, command(binary.source().placedIn(folder.path()), port, extra), () -> answers(port));
        try {
            process.start();
        } catch (Exception failed) {
            process.close();
            throw failed;
        }
        return new RedisServer(port, binary, process);
    }

    /** Where it is. */
    public String host() {
        return HOST;
    }

    /** Where it is. */
    public int port() {
        return port;
    }

    @Override
    public String url() {
        return "redis://" + HOST + ":" + port;
    }

    @Override
    public String version() {
        return binary.version();
    }

    @Override
    public String startedBy() {
        return "process, " + binary.origin();
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

    private static ProcessBuilder command(Path program, int port, String... extra) {
        List<String> words = new ArrayList<>(
                List.of(program.toString(), "--port", String.valueOf(port), "--bind", HOST, "--daemonize", "no"));
        words.addAll(List.of("--appendonly", "yes", "--appendfsync", "always", "--save", ""));
        words.addAll(List.of(extra));
        return new ProcessBuilder(words);
    }

    /** Whether it has read its data and takes commands; who wants a password answers too. */
    private static boolean answers(int port) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), LOOK_MILLIS);
            socket.setSoTimeout(LOOK_MILLIS);
            socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            String line = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))
                    .readLine();
            return line != null && (line.startsWith("+PONG") || line.startsWith("-NOAUTH"));
        }
    }
}
