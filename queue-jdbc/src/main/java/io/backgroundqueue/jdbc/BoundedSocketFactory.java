package io.backgroundqueue.jdbc;

import io.backgroundqueue.spi.BoundedSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import javax.net.SocketFactory;

/**
 * Sockets whose writes end when nothing went through for the time of their timeout, for PostgreSQL's JDBC driver: public only
 * because that driver makes one by its name. Add {@code socketFactory=io.backgroundqueue.jdbc.BoundedSocketFactory} to the
 * settings of a data source of your own; a queue that is given a URL does so itself. Thread-safe.
 */
public final class BoundedSocketFactory extends SocketFactory {
    /** For PostgreSQL's JDBC driver. */
    public BoundedSocketFactory() {}

    @Override
    public Socket createSocket() throws IOException {
        return new BoundedSocket();
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return connected(new InetSocketAddress(host, port));
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return connected(new InetSocketAddress(host, port));
    }

    /** The local address is the system's choice. */
    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) throws IOException {
        return createSocket(host, port);
    }

    /** The local address is the system's choice. */
    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) throws IOException {
        return createSocket(host, port);
    }

    private static Socket connected(InetSocketAddress address) throws IOException {
        BoundedSocket socket = new BoundedSocket();
        socket.connect(address, 0);
        return socket;
    }
}
