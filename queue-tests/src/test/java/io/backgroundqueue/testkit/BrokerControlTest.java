package io.backgroundqueue.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.opentest4j.TestAbortedException;

@Timeout(60)
class BrokerControlTest {
    @Test
    void cuttingTheNetworkEndsConnectionsAndLetsNoneThroughUntilItIsRestored() throws Exception {
        try (EchoServer server = new EchoServer();
                FaultProxy proxy = FaultProxy.to("127.0.0.1", server.port())) {
            BrokerControl broker = BrokerControl.behind(proxy, Optional.empty());
            Socket before = connected(proxy);
            assertThat(echoed(before)).isEqualTo('x');

            broker.cutNetwork();
            assertThatThrownBy(() -> unbroken(before)).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> unbroken(connected(proxy))).isInstanceOf(IOException.class);
            broker.restoreNetwork();

            assertThat(echoed(connected(proxy))).isEqualTo('x');
        }
    }

    @Test
    void aTestThatWouldStopSomebodyElsesBrokerIsSkipped() {
        try (FaultProxy proxy = FaultProxy.to("127.0.0.1", 1)) {
            BrokerControl broker = BrokerControl.behind(proxy, Optional.empty());

            assertThatThrownBy(broker::kill)
                    .isInstanceOf(TestAbortedException.class)
                    .hasMessageContaining("not ours");
        }
    }

    @Test
    void aRequestInPiecesIsNotHeldBackByTheProxy() throws Exception {
        try (ServerSocket lines = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                FaultProxy proxy = FaultProxy.to("127.0.0.1", lines.getLocalPort())) {
            FaultProxy.daemon("lines", () -> answerLines(lines));
            Socket client = connected(proxy);
            client.setTcpNoDelay(true);
            long began = System.nanoTime();

            for (int i = 0; i < 100; i++) {
                client.getOutputStream().write('x');
                client.getOutputStream().write('\n');
                assertThat(client.getInputStream().read()).isEqualTo('.');
            }

            // A second piece that waits for the acknowledgement of the first waits 40 ms for it.
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(3));
        }
    }

    private static void answerLines(ServerSocket server) {
        try (Socket socket = server.accept()) {
            socket.setTcpNoDelay(true);
            BufferedReader lines =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            while (lines.readLine() != null) {
                socket.getOutputStream().write('.');
            }
        } catch (IOException ended) {
            return;
        }
    }

    private static Socket connected(FaultProxy proxy) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        socket.setSoTimeout(10_000);
        return socket;
    }

    private static int echoed(Socket socket) throws IOException {
        socket.getOutputStream().write('x');
        return socket.getInputStream().read();
    }

    /** Throws if the connection is gone, however its end shows. */
    private static void unbroken(Socket socket) throws IOException {
        if (echoed(socket) < 0) {
            throw new IOException("closed");
        }
    }
}
