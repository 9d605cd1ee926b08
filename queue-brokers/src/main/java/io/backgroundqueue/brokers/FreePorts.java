package io.backgroundqueue.brokers;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/**
 * Free ports below those that the system gives to outgoing connections. A broker that is down does not find its port
 * taken when it comes back: neither by a stranger's connection, nor by a client of its own that connects to itself.
 */
final class FreePorts {
    private static final int LOWEST = 12_000;
    private static final int HIGHEST = 30_000;
    private static final int TRIES = 1_000;

    private FreePorts() {}

    /** A free port of the loopback address, from which the ports that are so much higher are free too. */
    static int port(int... higher) {
        int highest = HIGHEST - IntStream.of(higher).max().orElse(0);
        for (int i = 0; i < TRIES; i++) {
            int port = ThreadLocalRandom.current().nextInt(LOWEST, highest);
            if (free(port) && IntStream.of(higher).allMatch(more -> free(port + more))) {
                return port;
            }
        }
        throw new IllegalStateException("found no free port from " + LOWEST + " to " + highest
                + ", with those higher by " + Arrays.toString(higher) + ", in " + TRIES + " tries");
    }

    private static boolean free(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException taken) {
            return false;
        }
    }
}
