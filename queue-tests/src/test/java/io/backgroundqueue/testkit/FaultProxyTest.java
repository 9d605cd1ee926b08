package io.backgroundqueue.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.testkit.FaultProxy.Direction;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FaultProxyTest {
    /** Long enough for a loopback round trip on a busy machine. */
    private static final int ANSWER_MILLIS = 10_000;

    /** How long silence is watched. */
    private static final int SILENCE_MILLIS = 150;

    private final EchoServer server = new EchoServer();
    private final FaultProxy proxy = FaultProxy.to("127.0.0.1", server.port());
    private final List<Socket> clients = new ArrayList<>();
    private Socket client = new Socket();

    @BeforeEach
    void connectOneClient() throws IOException {
        client = connect();
    }

    @AfterEach
    void closeAll() throws IOException {
        for (Socket socket : clients) {
            socket.close();
        }
        proxy.close();
        server.close();
    }

    @Test
    void forwardsBothWaysAndCountsBytesAndConnections() throws IOException {
        assertThat(ask(client, "hello")).isEqualTo("hello");

        assertThat(proxy.bytes(Direction.TO_SERVER)).isEqualTo(5);
        assertThat(proxy.bytes(Direction.TO_CLIENT)).isEqualTo(5);
        assertThat(proxy.connections()).isEqualTo(1);
        assertThat(proxy.openConnections()).isEqualTo(1);
    }

    @Test
    void forwardsAMegabyteUnchanged() throws Exception {
        byte[] sent = new byte[1 << 20];
        new Random(7).nextBytes(sent);
        CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> write(client, sent));

        byte[] answered = client.getInputStream().readNBytes(sent.length);

        writing.get(ANSWER_MILLIS, TimeUnit.MILLISECONDS);
        assertThat(answered).isEqualTo(sent);
    }

    @Test
    void closingTheClientClosesTheConnectionToTheServer() throws IOException {
        ask(client, "hello");
        client.close();

        eventually(() -> proxy.openConnections() == 0);
    }

    @Test
    void aCutResetsOpenConnectionsAndServesNewOnes() throws IOException {
        ask(client, "hello");

        proxy.cut();

        assertThatThrownBy(() -> ask(client, "again")).isInstanceOf(IOException.class);
        assertThat(ask(connect(), "new")).isEqualTo("new");
    }

    @Test
    void refusingResetsNewConnectionsOnly() throws IOException {
        ask(client, "hello");

        proxy.refuse();

        assertThatThrownBy(() -> ask(connect(), "new")).isInstanceOf(IOException.class);
        assertThat(ask(client, "old")).isEqualTo("old");
        proxy.restore();
        assertThat(ask(connect(), "newer")).isEqualTo("newer");
    }

    @Test
    void aBlackHoleForwardsNothingAndLosesNothing() throws IOException {
        ask(client, "hello");

        proxy.blackHole();

        send(client, "held");
        silent(client);
        assertThat(server.received()).isEqualTo(5);
        proxy.restore();
        assertThat(read(client, 4)).isEqualTo("held");
    }

    @Test
    void aBlackHoleTakesNewConnections() throws IOException {
        proxy.blackHole();

        Socket late = connect();
        send(late, "held");
        silent(late);
        proxy.restore();

        assertThat(read(late, 4)).isEqualTo("held");
    }

    @Test
    void aBlackHoleOfRepliesLetsRequestsThrough() throws IOException {
        proxy.blackHole(Direction.TO_CLIENT);

        send(client, "request");
        eventually(() -> server.received() == 7);
        silent(client);
        proxy.restore();

        assertThat(read(client, 7)).isEqualTo("request");
    }

    @Test
    void whatIsDroppedNeverArrivesAndTheRestoreResetsThatConnection() throws IOException {
        ask(client, "hello");
        Socket unharmed = connect();
        ask(unharmed, "hello");

        proxy.drop(Direction.TO_CLIENT);
        send(client, "lost");
        eventually(() -> server.received() == 14);
        silent(client);
        proxy.restore();

        assertThatThrownBy(() -> read(client, 4)).isInstanceOf(IOException.class);
        assertThat(ask(unharmed, "still here")).isEqualTo("still here");
    }

    @Test
    void aDelayHoldsBackOneDirection() throws IOException {
        Duration delay = Duration.ofMillis(200);
        proxy.delay(Direction.TO_CLIENT, delay);

        long before = System.nanoTime();
        ask(client, "slow");

        assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(delay);
    }

    @Test
    void aDelayEndsAtTheRestore() throws IOException {
        proxy.delay(Direction.TO_SERVER, Duration.ofHours(1));
        send(client, "slow");
        silent(client);

        proxy.restore();

        assertThat(read(client, 4)).isEqualTo("slow");
    }

    @Test
    void aCutAfterRequestBytesLetsExactlyThoseThrough() throws IOException {
        proxy.cutAfterRequestBytes(8);
        assertThat(ask(client, "hello")).isEqualTo("hello");
        assertThat(proxy.armed()).isTrue();

        send(client, "hello");

        assertThatThrownBy(() -> read(client, 5)).isInstanceOf(IOException.class);
        assertThat(proxy.bytes(Direction.TO_SERVER)).isEqualTo(8);
        assertThat(proxy.armed()).isFalse();
        assertThat(ask(connect(), "again")).isEqualTo("again");
    }

    @Test
    void aLostReplyComesAfterARequestThatTheServerGot() throws IOException {
        proxy.loseNextReply();

        send(client, "request");

        assertThatThrownBy(() -> read(client, 1)).isInstanceOf(IOException.class);
        assertThat(server.received()).isEqualTo(7);
        assertThat(proxy.bytes(Direction.TO_CLIENT)).isZero();
        assertThat(ask(connect(), "again")).isEqualTo("again");
    }

    @Test
    void aReplyIsLostToTheMarkedRequestOnly() throws IOException {
        proxy.loseReplyTo("marker-7");

        assertThat(ask(client, "plain")).isEqualTo("plain");
        send(client, "with marker-7 inside");

        assertThatThrownBy(() -> read(client, 1)).isInstanceOf(IOException.class);
        assertThat(proxy.armed()).isFalse();
    }

    @Test
    void aClientIsResetWhenTheServerIsAway() throws IOException {
        server.close();

        assertThatThrownBy(() -> ask(connect(), "hello")).isInstanceOf(IOException.class);
    }

    @Test
    void closingResetsEveryConnectionAndFreesThePort() throws Exception {
        ask(client, "hello");
        proxy.blackHole();
        send(client, "held");

        proxy.close();

        assertThatThrownBy(() -> read(client, 1)).isInstanceOf(IOException.class);
        // Somebody else may have got the port at once, but nobody keeps it.
        Patience.standard().eventually(() -> canListenOn(proxy.port()), () -> proxy.port() + " is still taken");
    }

    private static boolean canListenOn(int port) throws IOException {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (BindException taken) {
            return false;
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(proxy.host(), proxy.port());
        socket.setSoTimeout(ANSWER_MILLIS);
        clients.add(socket);
        return socket;
    }

    private static String ask(Socket socket, String text) throws IOException {
        send(socket, text);
        return read(socket, text.length());
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String read(Socket socket, int size) throws IOException {
        byte[] answer = socket.getInputStream().readNBytes(size);
        if (answer.length < size) {
            throw new IOException("the connection ended after " + answer.length + " bytes");
        }
        return new String(answer, StandardCharsets.UTF_8);
    }

    private static void write(Socket socket, byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException broken) {
            throw new java.io.UncheckedIOException(broken);
        }
    }

    private static void silent(Socket socket) throws IOException {
        socket.setSoTimeout(SILENCE_MILLIS);
        assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
        socket.setSoTimeout(ANSWER_MILLIS);
    }

    private static void eventually(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ANSWER_MILLIS);
        while (!condition.getAsBoolean() && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }
}
