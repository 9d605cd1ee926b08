package io.backgroundqueue.testkit;

import io.backgroundqueue.testkit.FaultProxy.Direction;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** One connection through a {@link FaultProxy}: two sockets, and a thread per direction. */
final class ProxyLink {
    private static final int CHUNK = 64 * 1024;

    private final Socket client;
    private final Socket server;
    private final ProxyFaults faults;
    private final Consumer<ProxyLink> onEnd;
    private final AtomicInteger openWays = new AtomicInteger(2);
    private volatile boolean lostBytes;
    private volatile boolean losesReply;

    ProxyLink(Socket client, Socket server, ProxyFaults faults, Consumer<ProxyLink> onEnd) {
        this.client = client;
        this.server = server;
        this.faults = faults;
        this.onEnd = onEnd;
    }

    void start() {
        FaultProxy.daemon("fault-proxy-requests-" + client.getPort(), () -> pump(Direction.TO_SERVER, client, server));
        FaultProxy.daemon("fault-proxy-replies-" + client.getPort(), () -> pump(Direction.TO_CLIENT, server, client));
    }

    boolean lostBytes() {
        return lostBytes;
    }

    boolean ended() {
        return client.isClosed();
    }

    void reset() {
        reset(client);
        reset(server);
        onEnd.accept(this);
        faults.recheck();
    }

    static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (SocketException alreadyClosed) {
            return;
        } finally {
            closeQuietly(socket);
        }
    }

    private void pump(Direction direction, Socket from, Socket to) {
        byte[] chunk = new byte[CHUNK];
        try {
            int size = from.getInputStream().read(chunk);
            while (size >= 0) {
                if (!forward(direction, chunk, size, to)) {
                    reset();
                    return;
                }
                size = from.getInputStream().read(chunk);
            }
            to.shutdownOutput();
            endOfOneWay();
        } catch (IOException broken) {
            reset();
        }
    }

    /** Answers whether the connection goes on. */
    private boolean forward(Direction direction, byte[] chunk, int size, Socket to) throws IOException {
        ProxyFaults.Flow flow = faults.awaitPassage(direction, this::ended);
        if (flow == ProxyFaults.Flow.DROP) {
            lostBytes = true;
            return true;
        }
        if (direction == Direction.TO_CLIENT && losesReply) {
            return false;
        }
        ProxyFaults.Passage passage = new ProxyFaults.Passage(size, false);
        if (direction == Direction.TO_SERVER) {
            losesReply |= faults.takesReplyOf(chunk, size);
            passage = faults.spend(size);
        }
        // Counted first: whoever has read them finds them counted.
        faults.count(direction, passage.bytes());
        to.getOutputStream().write(chunk, 0, passage.bytes());
        return !passage.thenCut();
    }

    private void endOfOneWay() {
        if (openWays.decrementAndGet() == 0) {
            closeQuietly(client);
            closeQuietly(server);
            onEnd.accept(this);
        }
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException nothingLeftToClose) {
            return;
        }
    }
}
