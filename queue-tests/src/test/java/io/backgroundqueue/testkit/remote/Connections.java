package io.backgroundqueue.testkit.remote;

import io.backgroundqueue.testkit.remote.Wire.Answer;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import tools.jackson.core.type.TypeReference;

/** Connections to a {@link RemoteBroker}, one per call that is under way; a broken one is thrown away. */
final class Connections {
    private final InetSocketAddress broker;
    private final Deque<Connection> idle = new ConcurrentLinkedDeque<>();
    private volatile boolean closed;

    Connections(InetSocketAddress broker) {
        this.broker = broker;
    }

    /** The broker has not seen the call. */
    static final class NotSent extends IOException {
        private static final long serialVersionUID = 1L;

        NotSent(IOException cause) {
            super("not connected: " + cause.getMessage(), cause);
        }
    }

    private record Connection(Socket socket, DataInputStream input, DataOutputStream output) {
        void discard() {
            try {
                socket.close();
            } catch (IOException gone) {
                return;
            }
        }
    }

    <T> T call(Duration timeout, TypeReference<T> type, String what, Object... arguments) throws Exception {
        Connection connection = connection(timeout);
        Answer answer;
        try {
            connection.socket.setSoTimeout((int) Math.max(1, timeout.toMillis()));
            Wire.write(connection.output, Wire.call(what, arguments));
            answer = Wire.read(connection.input, Answer.class);
        } catch (IOException broken) {
            connection.discard();
            throw broken;
        }
        idle.push(connection);
        if (closed) {
            close();
        }
        if (!answer.error().isEmpty()) {
            throw new IllegalStateException("the broker says: " + answer.error());
        }
        return Wire.value(answer.value(), type);
    }

    /** A call whose failure matters to nobody. */
    void tell(String what, Object... arguments) {
        try {
            call(Duration.ofSeconds(1), new TypeReference<Object>() {}, what, arguments);
        } catch (Exception unheard) {
            return;
        }
    }

    void close() {
        closed = true;
        Connection connection = idle.poll();
        while (connection != null) {
            connection.discard();
            connection = idle.poll();
        }
    }

    private Connection connection(Duration timeout) throws NotSent {
        Connection pooled = idle.poll();
        if (pooled != null) {
            return pooled;
        }
        Socket socket = new Socket();
        try {
            socket.connect(broker, (int) Math.max(1, timeout.toMillis()));
            socket.setTcpNoDelay(true);
            return new Connection(
                    socket,
                    new DataInputStream(new BufferedInputStream(socket.getInputStream())),
                    new DataOutputStream(new BufferedOutputStream(socket.getOutputStream())));
        } catch (IOException unreachable) {
            throw new NotSent(unreachable);
        }
    }
}
