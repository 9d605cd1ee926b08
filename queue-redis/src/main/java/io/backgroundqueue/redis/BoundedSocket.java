package io.backgroundqueue.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/**
 * A socket that gives a write up as it gives up a read: when nothing went through for the time of its timeout. A plain one
 * waits until the system gives up, up to a quarter of an hour, when a silent peer has taken all it takes; and a call to
 * the backend must end in time.
 */
@SuppressWarnings("UnsynchronizedOverridesSynchronized") // a channel is thread-safe by itself
final class BoundedSocket extends Socket {
    /** The platform keeps a buffer of the size of the largest write per thread. */
    private static final int MOST_PER_WRITE = 64 << 10;

    private final SocketChannel channel;
    private final Selector readable;
    private volatile int timeout;

    private BoundedSocket(SocketChannel channel, int timeout) throws IOException {
        this.channel = channel;
        this.timeout = timeout;
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        this.readable = Selector.open();
    }

    /** @param millis how long connecting may take, and each read and write until another timeout is set; more than 0 */
    @SuppressWarnings("resource") // closed with what is returned, or below
    static BoundedSocket connect(InetSocketAddress address, int millis) throws IOException {
        if (address.isUnresolved()) {
            throw new UnknownHostException("the name " + address.getHostString() + " is not known");
        }
        SocketChannel channel = SocketChannel.open();
        try {
            BoundedSocket socket = new BoundedSocket(channel, millis);
            if (!channel.connect(address)) {
                socket.await(SelectionKey.OP_CONNECT, "Connect timed out");
                channel.finishConnect();
            }
            channel.register(socket.readable, SelectionKey.OP_READ);
            return socket;
        } catch (IOException | RuntimeException failed) {
            channel.close();
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
                    if (!ready(readable)) {
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
                        await(SelectionKey.OP_WRITE, "Write timed out");
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

    /** TLS asks before it says goodbye. */
    @Override
    public int getSoLinger() {
        return -1;
    }

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

    /** Waits for what happens seldom. */
    private void await(int operation, String otherwise) throws IOException {
        try (Selector selector = Selector.open()) {
            channel.register(selector, operation);
            if (!ready(selector)) {
                throw new SocketTimeoutException(otherwise);
            }
        } catch (SocketTimeoutException givenUp) {
            // Half a request gets no answer: who reads to learn why it failed is not to wait once more.
            close();
            throw givenUp;
        }
    }

    /** False when the timeout has passed. An interrupt, which is somebody else's, neither ends nor closes anything. */
    private boolean ready(Selector selector) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            boolean ready = select(selector);
            while (!ready && Thread.interrupted()) {
                interrupted = true;
                ready = select(selector);
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

    private boolean select(Selector selector) throws IOException {
        boolean ready = selector.select(timeout) > 0;
        selector.selectedKeys().clear();
        return ready;
    }
}
