package io.backgroundqueue.rabbitmq;

import com.rabbitmq.client.impl.Frame;
import com.rabbitmq.client.impl.SocketFrameHandler;
import io.backgroundqueue.Time;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;

/**
 * What a connection reads and writes, until the process has stood still. The broker drops who gives no sign of life for
 * two to three heartbeats, and the client gives one per heartbeat as long as it runs. So whoever has written nothing for
 * two was stopped, may have lost what it held, and must not write as if nothing had been. Thread-safe.
 */
final class LiveFrames extends SocketFrameHandler {
    private final Socket plain;
    private final Time time;
    private volatile long longestNanos;
    private volatile boolean beating;
    private volatile long lastNanos;

    /**
     * @param socket to read from and write to
     * @param plain the same, or what is under it
     */
    LiveFrames(Socket socket, Socket plain, Time time) throws IOException {
        super(socket);
        this.plain = plain;
        this.time = time;
    }

    /**
     * From now on there are signs of life.
     *
     * @param longestSilence after which the broker may have given up this client: two of the heartbeats agreed on
     */
    void beat(Duration longestSilence) {
        longestNanos = longestSilence.toNanos();
        lastNanos = time.nanos();
        beating = true;
    }

    /** Whether the process has stood still since it last wrote. */
    boolean stoodStill() {
        return beating && time.nanos() - lastNanos > longestNanos;
    }

    @Override
    public void writeFrame(Frame frame) throws IOException {
        if (stoodStill()) {
            drop();
            throw new IOException("this process has stood still for longer than the broker waits for a sign of life");
        }
        super.writeFrame(frame);
        lastNanos = time.nanos();
    }

    /** Ends it at once, without a goodbye. */
    void drop() throws IOException {
        plain.close();
    }
}
