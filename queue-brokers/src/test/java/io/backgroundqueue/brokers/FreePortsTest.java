package io.backgroundqueue.brokers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.RepeatedTest;

class FreePortsTest {
    @RepeatedTest(20)
    void adjacentPortsAreFreeAndBelowThoseOfOutgoingConnections() {
        int first = FreePorts.adjacent(3);

        assertThat(first).isBetween(1_024, 32_767 - 3);
        assertThatCode(() -> {
                    for (int port = first; port < first + 3; port++) {
                        new ServerSocket(port, 1, InetAddress.getLoopbackAddress()).close();
                    }
                })
                .doesNotThrowAnyException();
    }
}
