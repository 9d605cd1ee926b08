package io.backgroundqueue.brokers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.RepeatedTest;

class FreePortsTest {
    @RepeatedTest(20)
    void aPortAndThoseThatAreSoMuchHigherAreFreeAndBelowThoseOfOutgoingConnections() {
        int port = FreePorts.port(1, 10_000);

        assertThat(port).isBetween(1_024, 32_767 - 10_000);
        assertThatCode(() -> {
                    for (int each : new int[] {port, port + 1, port + 10_000}) {
                        new ServerSocket(each, 1, InetAddress.getLoopbackAddress()).close();
                    }
                })
                .doesNotThrowAnyException();
    }
}
