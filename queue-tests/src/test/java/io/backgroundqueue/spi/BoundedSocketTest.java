package io.backgroundqueue.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BoundedSocketTest {
    private static final Duration SHORT = Duration.ofMillis(300);

    /** A peer that accepts and reads nothing. */
    private interface Attempt {
        void on(BoundedSocket socket) throws Exception;
    }

    @Test
    void aWriteThatNobodyReadsEndsAfterItsOwnTimeWhereReadsMayTakeLonger() throws Exception {
        withSilentPeer(new BoundedSocket(SHORT), socket -> {
            socket.setSoTimeout(60_000);
            assertEnds(() -> write(socket), "Write timed out");
        });
    }

    @Test
    void withoutATimeOfItsOwnAWriteMayTakeAsLongAsARead() throws Exception {
        withSilentPeer(new BoundedSocket(), socket -> {
            socket.setSoTimeout((int) SHORT.toMillis());
            assertEnds(() -> write(socket), "Write timed out");
        });
    }

    @Test
    void aReadEndsAfterItsTimeWhateverWritesMayTake() throws Exception {
        withSilentPeer(new BoundedSocket(Duration.ofMinutes(1)), socket -> {
            socket.setSoTimeout((int) SHORT.toMillis());
            assertEnds(() -> socket.getInputStream().read(), "Read timed out");
        });
    }

    @Test
    void itKnowsItsOwnEndAndTakesALingerWithoutEffect() throws Exception {
        withSilentPeer(new BoundedSocket(), socket -> {
            socket.setSoLinger(true, 1);

            assertThat(socket.getLocalPort()).isPositive();
            assertThat(socket.getLocalAddress()).isEqualTo(InetAddress.getLoopbackAddress());
        });
    }

    private static void write(BoundedSocket socket) throws Exception {
        OutputStream out = socket.getOutputStream();
        for (int i = 0; i < 1_000; i++) {
            out.write(new byte[1 << 20]);
        }
    }

    private static void assertEnds(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String why) {
        long begin = System.nanoTime();
        assertThatThrownBy(call).isInstanceOf(SocketTimeoutException.class).hasMessage(why);
        assertThat(Duration.ofNanos(System.nanoTime() - begin))
                .isBetween(SHORT.minusMillis(20), Duration.ofSeconds(10));
    }

    private static void withSilentPeer(BoundedSocket socket, Attempt attempt) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                socket) {
            socket.connect(new InetSocketAddress(server.getInetAddress(), server.getLocalPort()), 5_000);
            try (Socket peer = server.accept()) {
                assertThat(peer.isConnected()).isTrue();
                attempt.on(socket);
            }
        }
    }
}
