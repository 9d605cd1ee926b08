package io.backgroundqueue.spi;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/**
 * For client libraries that take a socket: one that gives a write up as it gives up a read, when nothing went through for
 * {@link #setSoTimeout}, or for a time of its own. A plain one waits until the system gives up, up to a quarter of an hour, when a silent peer has
 * taken all it takes; and a call to the backend must end in time. It is over a {@link SocketChannel} that does not block,
 * so an interrupt neither ends nor closes anything. One thread may read while another writes.
 */
@SuppressWarnings("UnsynchronizedOverridesSynchronized") // a channel is thread-safe by itself
public final class BoundedSocket extends Socket {
    /** The platform keeps a buffer of the size of the largest write per thread. */
    private static final int MOST_PER_WRITE = 64 << 10;

    private final SocketChannel channel;
    private final Selector readable;
    private final int writeTimeout;
    private volatile int timeout;

    /** Not connected yet, without a timeout. */
    public BoundedSocket() throws IOException {
        this(Duration.ZERO);
    }

    /**
     * Not connected yet, with a timeout for writes of their own.
     *
     * @param write how long nothing may go through; zero for as long as a read may take
     */
    public BoundedSocket(Duration write) throws IOException {
        this.channel = SocketChannel.open();
        this.readable = Selector.open();
        this.writeTimeout = (int) write.toMillis();
        channel.configureBlocking(false);
    }

    @Override
    public void connect(SocketAddress address) throws IOException {
        connect(address, 0);
    }

    @Override
    public void connect(SocketAddress address, int millis) throws IOException {
        if (address instanceof InetSocketAddress host && host.isUnresolved()) {
            throw new UnknownHostException("the name " + host.getHostString() + " is not known");
        }
        try {
            if (!channel.connect(address)) {
                await(SelectionKey.OP_CONNECT, millis, "Connect timed out");
                channel.finishConnect();
            }
            channel.register(readable, SelectionKey.OP_READ);
        } catch (IOException | RuntimeException failed) {
            close();
            throw failed;
        }
    }

    @Override
    public InputStream getInputStream() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                ByteBuffer into = ByteBuffer.wrap(bytes, offset, length);
                int read = channel.read(into);
                while (read == 0 && length > 0) {
                    if (!ready(readable, timeout)) {
                        throw new SocketTimeoutException("Read timed out");
                    }
                    read = channel.read(into);
                }
                return read;
            }
        };
    }

    @Override
    public OutputStream getOutputStream() {
        return new OutputStream() {
            @Override
            public void write(int one) throws IOException {
                write(new byte[] {(byte) one}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                int end = offset + length;
                for (int at = offset; at < end; ) {
                    int written = channel.write(ByteBuffer.wrap(bytes, at, Math.min(MOST_PER_WRITE, end - at)));
                    if (written == 0) {
                        await(SelectionKey.OP_WRITE, writeTimeout > 0 ? writeTimeout : timeout, "Write timed out");
                    }
                    at += written;
                }
            }
        };
    }

    @Override
    public void setSoTimeout(int millis) {
        timeout = millis;
    }

    @Override
    public int getSoTimeout() {
        return timeout;
    }

    @Override
    public void setTcpNoDelay(boolean on) throws SocketException {
        set(StandardSocketOptions.TCP_NODELAY, on);
    }

    @Override
    public void setKeepAlive(boolean on) throws SocketException {
        set(StandardSocketOptions.SO_KEEPALIVE, on);
    }

    @Override
    public void setReceiveBufferSize(int bytes) throws SocketException {
        set(StandardSocketOptions.SO_RCVBUF, bytes);
    }

    @Override
    public int getReceiveBufferSize() throws SocketException {
        return get(StandardSocketOptions.SO_RCVBUF);
    }

    @Override
    public void setSendBufferSize(int bytes) throws SocketException {
        set(StandardSocketOptions.SO_SNDBUF, bytes);
    }

    @Override
    public int getSendBufferSize() throws SocketException {
        return get(StandardSocketOptions.SO_SNDBUF);
    }

    @Override
    public boolean isConnected() {
        return channel.isConnected();
    }

    @Override
    public boolean isBound() {
        return true;
    }

    @Override
    public boolean isClosed() {
        return !channel.isOpen();
    }

    @Override
    public InetAddress getInetAddress() {
        return channel.socket().getInetAddress();
    }

    @Override
    public int getPort() {
        return channel.socket().getPort();
    }

    @Override
    public SocketAddress getRemoteSocketAddress() {
        return channel.socket().getRemoteSocketAddress();
    }

    @Override
    public SocketAddress getLocalSocketAddress() {
        return channel.socket().getLocalSocketAddress();
    }

    @Override
    public InetAddress getLocalAddress() {
        return channel.socket().getLocalAddress();
    }

    @Override
    public int getLocalPort() {
        return channel.socket().getLocalPort();
    }

    /** TLS asks before it says goodbye. */
    @Override
    public int getSoLinger() {
        return -1;
    }

    /** Without effect: closing never waits. */
    @Override
    public void setSoLinger(boolean on, int seconds) {}

    @Override
    public void shutdownOutput() throws IOException {
        channel.shutdownOutput();
    }

    @Override
    public void shutdownInput() throws IOException {
        channel.shutdownInput();
    }

    /** Whoever reads is told. */
    @Override
    public void close() throws IOException {
        channel.close();
        readable.close();
    }

    private <T> void set(SocketOption<T> option, T value) throws SocketException {
        try {
            channel.setOption(option, value);
        } catch (IOException failed) {
            throw socketException(failed);
        }
    }

    private <T> T get(SocketOption<T> option) throws SocketException {
        try {
            return channel.getOption(option);
        } catch (IOException failed) {
            throw socketException(failed);
        }
    }

    private static SocketException socketException(IOException cause) {
        SocketException failed = new SocketException(String.valueOf(cause.getMessage()));
        failed.initCause(cause);
        return failed;
    }

    /** Waits for what happens seldom. */
    private void await(int operation, int millis, String otherwise) throws IOException {
        try (Selector selector = Selector.open()) {
            channel.register(selector, operation);
            if (!ready(selector, millis)) {
                throw new SocketTimeoutException(otherwise);
            }
        } catch (SocketTimeoutException givenUp) {
            // Half a request gets no answer: who reads to learn why it failed is not to wait once more.
            close();
            throw givenUp;
        }
    }

    /** False when the timeout has passed. An interrupt is somebody else's: it is kept for the caller. */
    private static boolean ready(Selector selector, int millis) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            boolean ready = select(selector, millis);
            while (!ready && Thread.interrupted()) {
                interrupted = true;
                ready = select(selector, millis);
            }
            return ready;
        } catch (ClosedSelectorException closed) {
            throw new IOException("the socket was closed", closed);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static boolean select(Selector selector, int millis) throws IOException {
        boolean ready = selector.select(millis) > 0;
        selector.selectedKeys().clear();
        return ready;
    }
}
