package io.backgroundqueue.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicLong;

/** Sends back what it gets, and counts it. */
final class EchoServer implements AutoCloseable {
    private final ServerSocket listener;
    private final AtomicLong received = new AtomicLong();

    EchoServer() {
        try {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException noPort) {
            throw new UncheckedIOException(noPort);
        }
        FaultProxy.daemon("echo", this::acceptAll);
    }

    int port() {
        return listener.getLocalPort();
    }

    long received() {
        return received.get();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }

    private void acceptAll() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                FaultProxy.daemon("echo-" + socket.getPort(), () -> echo(socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void echo(Socket socket) {
        byte[] chunk = new byte[8192];
        try (socket) {
            int size = socket.getInputStream().read(chunk);
            while (size >= 0) {
                received.addAndGet(size);
                socket.getOutputStream().write(chunk, 0, size);
                size = socket.getInputStream().read(chunk);
            }
        } catch (IOException reset) {
            return;
        }
    }
}
