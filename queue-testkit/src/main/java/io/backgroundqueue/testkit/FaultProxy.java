package io.backgroundqueue.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A TCP proxy on a free loopback port that can be told to misbehave: it stands between a client and its broker and does
 * what networks do. Faults take effect at once and last until {@link #restore()}. Thread-safe.
 */
public final class FaultProxy implements AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

    private final InetSocketAddress target;
    private final ServerSocket listener;
    private final ProxyFaults faults = new ProxyFaults();
    private final Set<ProxyLink> links = ConcurrentHashMap.newKeySet();
    private final AtomicLong connections = new AtomicLong();

    /** A way through the proxy, as the client sees it. */
    public enum Direction {
        /** Requests. */
        TO_SERVER,
        /** Replies. */
        TO_CLIENT
    }

    private FaultProxy(InetSocketAddress target, ServerSocket listener) {
        this.target = target;
        this.listener = listener;
    }

    /** Starts a proxy in front of {@code host:port}; nothing need listen there yet. */
    public static FaultProxy to(String host, int port) {
        try {
            ServerSocket listener = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
            FaultProxy proxy = new FaultProxy(new InetSocketAddress(host, port), listener);
            daemon("fault-proxy-" + proxy.port(), proxy::acceptAll);
            return proxy;
        } catch (IOException noPort) {
            throw new UncheckedIOException("no free loopback port for a fault proxy", noPort);
        }
    }

    /** Where clients connect: the loopback address. */
    public String host() {
        return listener.getInetAddress().getHostAddress();
    }

    /** Where clients connect. */
    public int port() {
        return listener.getLocalPort();
    }

    /** Resets all open connections. New ones are served. */
    public void cut() {
        links.forEach(ProxyLink::reset);
    }

    /** Resets every new connection as soon as it is made; open ones go on. */
    public void refuse() {
        faults.refuse(true);
    }

    /** Keeps connections open, takes new ones, and forwards nothing either way; what arrives waits for the restore. */
    public void blackHole() {
        blackHole(Direction.TO_SERVER);
        blackHole(Direction.TO_CLIENT);
    }

    /** Forwards nothing in one direction; what arrives waits for the restore. */
    public void blackHole(Direction direction) {
        faults.flow(direction, ProxyFaults.Flow.HOLD);
    }

    /** Swallows what arrives in one direction. A connection that lost bytes so is reset at the restore. */
    public void drop(Direction direction) {
        faults.flow(direction, ProxyFaults.Flow.DROP);
    }

    /** Holds everything in one direction back for {@code delay}, up to 64 KiB at a time. */
    public void delay(Direction direction, Duration delay) {
        faults.delay(direction, delay);
    }

    /** Lets {@code bytes} more bytes through to the server, over all connections, then resets the one that sent them. */
    public void cutAfterRequestBytes(long bytes) {
        faults.cutAfter(bytes);
    }

    /** Lets the next request through, swallows the reply and resets the connection: a lost answer. Happens once. */
    public void loseNextReply() {
        faults.loseReplyTo(new byte[0]);
    }

    /** {@link #loseNextReply()} to the next request that has {@code marker} in it, uncompressed. */
    public void loseReplyTo(String marker) {
        faults.loseReplyTo(marker.getBytes(StandardCharsets.UTF_8));
    }

    /** Whether a fault that happens once is still waiting for its moment. */
    public boolean armed() {
        return faults.armed();
    }

    /** Ends all faults. */
    public void restore() {
        faults.clear();
        links.stream().filter(ProxyLink::lostBytes).forEach(ProxyLink::reset);
    }

    /** How many bytes were forwarded in a direction. */
    public long bytes(Direction direction) {
        return faults.forwarded(direction);
    }

    /** How many connections were made, refused ones included. */
    public long connections() {
        return connections.get();
    }

    /** How many connections are open. */
    public int openConnections() {
        return links.size();
    }

    /** Resets every connection and frees the port. */
    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException closing) {
            throw new UncheckedIOException("the fault proxy's port could not be freed", closing);
        } finally {
            cut();
        }
    }

    private void acceptAll() {
        while (!listener.isClosed()) {
            acceptOne();
        }
    }

    private void acceptOne() {
        try {
            accepted(listener.accept());
        } catch (IOException closedOrReset) {
            return; // the caller's loop tells which
        }
    }

    private void accepted(Socket client) {
        connections.incrementAndGet();
        if (faults.refusing()) {
            ProxyLink.reset(client);
            return;
        }
        // Connecting may take as long as the target likes; other clients do not wait for it.
        daemon("fault-proxy-connect-" + client.getPort(), () -> connect(client));
    }

    private void connect(Socket client) {
        Socket server = new Socket();
        try {
            server.connect(target, (int) CONNECT_TIMEOUT.toMillis());
            // What comes in pieces goes on in pieces: a proxy must not be slower than the network it plays.
            server.setTcpNoDelay(true);
            client.setTcpNoDelay(true);
        } catch (IOException targetIsAway) {
            ProxyLink.reset(server);
            ProxyLink.reset(client);
            return;
        }
        ProxyLink link = new ProxyLink(client, server, faults, links::remove);
        links.add(link);
        link.start();
        if (listener.isClosed()) {
            link.reset();
        }
    }

    static void daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }
}
