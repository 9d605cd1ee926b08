package io.backgroundqueue.rabbitmq;

import com.rabbitmq.client.Address;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.impl.ForgivingExceptionHandler;
import com.rabbitmq.client.impl.FrameHandlerFactory;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.BoundedSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes one connection, over a socket whose writes end. The client's own recovery is off: it drops stale
 * acknowledgements in silence, and forgets the confirms it waits for.
 */
final class Dialer extends ConnectionFactory {
    private static final Logger LOG = LoggerFactory.getLogger(Dialer.class);

    /** How long the broker may answer a call, and may take nothing. */
    private static final int CALL_MILLIS = 4_000;

    private final RabbitMQSettings settings;
    private final Time time;
    private final int millis;
    private @Nullable LiveFrames frames;

    /**
     * @param heartbeat seconds between two signs of life, 1 or more
     * @param timeout how long all addresses together may take
     */
    Dialer(RabbitMQSettings settings, Time time, int heartbeat, Duration timeout) {
        this.settings = settings;
        this.time = time;
        this.millis = (int) Math.min(60_000, Math.max(100, timeout.toMillis() / settings.addresses.size()));
        settings.user.ifPresent(this::setUsername);
        settings.password.ifPresent(this::setPassword);
        setVirtualHost(settings.virtualHost);
        setAutomaticRecoveryEnabled(false);
        setTopologyRecoveryEnabled(false);
        setRequestedHeartbeat(heartbeat);
        // Each step of it may take half of this.
        setHandshakeTimeout(millis * 3 / 2);
        setChannelRpcTimeout(CALL_MILLIS);
        setShutdownTimeout(CALL_MILLIS / 2);
        setClientProperties(clientProperties(getClientProperties()));
        setExceptionHandler(new Quiet());
    }

    /** Makes it; {@code name} is what it is called in the broker's own tools. */
    Connection connection(String name) throws IOException, TimeoutException {
        return newConnection(settings.addresses, name);
    }

    /** What the connection reads and writes that was made last. */
    @Nullable
    LiveFrames frames() {
        return frames;
    }

    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized") // one dialer makes one connection, on one thread
    protected FrameHandlerFactory createFrameHandlerFactory() {
        return (address, name) -> {
            Socket plain = connected(address);
            Socket used = settings.tls ? secured(plain, address) : plain;
            LiveFrames live = new LiveFrames(used, plain, time);
            frames = live;
            return live;
        };
    }

    private Socket connected(Address address) throws IOException {
        BoundedSocket plain = new BoundedSocket(Duration.ofMillis(CALL_MILLIS));
        plain.connect(new InetSocketAddress(address.getHost(), address.getPort()), millis / 4);
        plain.setTcpNoDelay(true);
        plain.setKeepAlive(true);
        plain.setSoTimeout(millis);
        return plain;
    }

    /** Under TLS only if the certificate is trusted and bears the host's name. */
    private Socket secured(Socket plain, Address address) throws IOException {
        try {
            SSLSocketFactory factory =
                    settings.sockets.orElseGet(() -> (SSLSocketFactory) SSLSocketFactory.getDefault());
            SSLSocket secured = (SSLSocket) factory.createSocket(plain, address.getHost(), address.getPort(), true);
            SSLParameters parameters = secured.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            secured.setSSLParameters(parameters);
            secured.startHandshake();
            return secured;
        } catch (IOException | RuntimeException failed) {
            plain.close();
            throw failed;
        }
    }

    private static Map<String, Object> clientProperties(Map<String, Object> before) {
        before.put("product", "BackgroundQueue");
        return before;
    }

    /** An end of a connection is told by whoever needs it, and by the engine, once. */
    private static final class Quiet extends ForgivingExceptionHandler {
        @Override
        public void handleUnexpectedConnectionDriverException(Connection connection, Throwable end) {
            LOG.debug("A connection to RabbitMQ has ended", end);
        }
    }
}
