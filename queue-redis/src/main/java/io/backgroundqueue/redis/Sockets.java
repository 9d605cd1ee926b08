package io.backgroundqueue.redis;

import io.backgroundqueue.spi.BoundedSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisSocketFactory;
import redis.clients.jedis.exceptions.JedisConnectionException;

/**
 * Connects to a node, under TLS only if its certificate is trusted and bears its name.
 *
 * @param millis how long each step of it may take
 */
record Sockets(RedisSettings settings, HostAndPort node, int millis) implements JedisSocketFactory {
    @Override
    public Socket createSocket() {
        Socket socket = null;
        try {
            socket = new BoundedSocket();
            socket.connect(new InetSocketAddress(node.getHost(), node.getPort()), millis);
            socket.setSoTimeout(millis);
            socket.setTcpNoDelay(true);
            socket.setKeepAlive(true);
            return settings.tls ? secured(socket) : socket;
        } catch (IOException failed) {
            close(socket);
            throw new JedisConnectionException(node + ": " + failed.getMessage(), failed);
        }
    }

    private Socket secured(Socket plain) throws IOException {
        SSLSocketFactory factory = settings.sockets.orElseGet(() -> (SSLSocketFactory) SSLSocketFactory.getDefault());
        SSLSocket socket = (SSLSocket) factory.createSocket(plain, node.getHost(), node.getPort(), true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    private static void close(@Nullable Socket socket) {
        try {
            if (socket != null) {
                socket.close();
            }
        } catch (IOException ignored) {
            // The error that made it useless is the one to tell.
        }
    }
}
