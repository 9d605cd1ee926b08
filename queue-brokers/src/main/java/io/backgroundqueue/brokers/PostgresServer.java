package io.backgroundqueue.brokers;

import io.backgroundqueue.testkit.BrokerProcess;
import io.backgroundqueue.testkit.RunningBroker;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A PostgreSQL of one's own: a local process on a free port of the loopback address, with its data in a temporary folder,
 * synced at every commit, and with a database and a user {@code bq}. Stopped, killed and started it keeps port and data;
 * closed it leaves nothing behind. As root it runs as {@code nobody}. Thread-safe.
 */
public final class PostgresServer implements RunningBroker, BrokerProcess {
    private static final String HOST = "127.0.0.1";
    private static final String USER = "bq";
    private static final String PASSWORD = "bq-secret";
    /** On TERM it would wait until its clients have left. */
    private static final String STOP_AT_ONCE = "INT";

    private static final int LOOK_MILLIS = 1_000;
    private static final long SETUP_SECONDS = 120;

    private final int port;
    private final PostgresPrograms programs;
    private final LocalProcess process;

    private PostgresServer(int port, PostgresPrograms programs, LocalProcess process) {
        this.port = port;
        this.programs = programs;
        this.process = process;
    }

    /**
     * Starts one; returns when it answers.
     *
     * @param settings such as {@code autovacuum=off}; they override what is set otherwise
     * @throws IllegalStateException if no PostgreSQL runs here, or it ends at once; the message says what to do
     */
    public static PostgresServer launch(String... settings) throws Exception {
        PostgresPrograms programs = PostgresPrograms.find()
                .orElseThrow(() -> new IllegalStateException("no PostgreSQL runs here. " + PostgresStarter.REMEDY));
        int port = FreePorts.port();
        BrokerFolder folder = BrokerFolder.create("postgresql");
        LocalProcess process = new LocalProcess(
                        folder, command(programs, folder.path(), port, settings), () -> answers(port))
                .endingOn(STOP_AT_ONCE);
        try {
            setUp(programs, folder.path());
            process.start();
        } catch (Exception failed) {
            process.close();
            throw failed;
        }
        return new PostgresServer(port, programs, process);
    }

    /** Where it is. */
    public String host() {
        return HOST;
    }

    /** Where it is. */
    public int port() {
        return port;
    }

    /** For the JDBC driver, with user and password. */
    @Override
    public String url() {
        return "jdbc:postgresql://" + HOST + ":" + port + "/bq?user=" + USER + "&password=" + PASSWORD;
    }

    @Override
    public String version() {
        return programs.version();
    }

    @Override
    public String startedBy() {
        return "process, " + programs.origin();
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

    private static void setUp(PostgresPrograms programs, Path folder) throws Exception {
        Path password = folder.resolve("password");
        Files.writeString(password, PASSWORD + "\n");
        PlainUser user = PlainUser.here();
        user.own(folder);
        List<String> words = new ArrayList<>(List.of(programs.program("initdb").toString(), "--no-sync"));
        words.addAll(List.of("--pgdata", data(folder), "--username", USER, "--pwfile", password.toString()));
        words.addAll(List.of("--auth", "scram-sha-256", "--encoding", "UTF8", "--no-locale"));
        run(user.command(words.toArray(String[]::new)), "");
        String postgres = programs.program("postgres").toString();
        run(user.command(postgres, "--single", "-D", data(folder), "postgres"), "CREATE DATABASE bq;\n");
    }

    private static void run(ProcessBuilder command, String input) throws IOException, InterruptedException {
        Process process = command.redirectErrorStream(true).start();
        process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(SETUP_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new IllegalStateException("PostgreSQL could not be set up: " + command.command() + "\n" + said);
        }
    }

    private static ProcessBuilder command(PostgresPrograms programs, Path folder, int port, String... settings) {
        List<String> words =
                new ArrayList<>(List.of(programs.program("postgres").toString(), "-D", data(folder)));
        words.addAll(List.of("-p", String.valueOf(port), "-h", HOST, "-k", "", "-N", "300"));
        for (String setting : settings) {
            words.addAll(List.of("-c", setting));
        }
        return PlainUser.here().command(words.toArray(String[]::new));
    }

    private static String data(Path folder) {
        return folder.resolve("data").toString();
    }

    /** Whether it has read its data and asks for a password; while it recovers, it answers with an error. */
    private static boolean answers(int port) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), LOOK_MILLIS);
            socket.setSoTimeout(LOOK_MILLIS);
            byte[] parameters = ("user\0" + USER + "\0database\0bq\0\0").getBytes(StandardCharsets.US_ASCII);
            DataOutputStream question = new DataOutputStream(socket.getOutputStream());
            question.writeInt(8 + parameters.length);
            question.writeInt(3 << 16);
            question.write(parameters);
            question.flush();
            return new DataInputStream(socket.getInputStream()).readByte() == 'R';
        }
    }
}
