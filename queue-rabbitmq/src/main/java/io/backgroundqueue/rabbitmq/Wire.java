package io.backgroundqueue.rabbitmq;

import com.rabbitmq.client.BlockedListener;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.backgroundqueue.spi.ErrorClass;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection until it ends. Never used again when it has ended. Thread-safe. */
final class Wire implements BlockedListener {
    private static final Logger LOG = LoggerFactory.getLogger(Wire.class);

    private final Connection connection;
    private final LiveFrames frames;
    private final Declared declared;
    private volatile @Nullable Channel declarations;
    private volatile boolean cut;
    private volatile @Nullable String blocked;

    private Wire(Connection connection, LiveFrames frames, Declared declared) {
        this.connection = connection;
        this.frames = frames;
        this.declared = declared;
        connection.addBlockedListener(this);
    }

    /** @param declared forgotten when something turns out to be gone */
    static Wire open(Dialer dialer, String name, Declared declared) throws IOException, TimeoutException {
        Connection connection = dialer.connection(name);
        LiveFrames frames = dialer.frames();
        if (frames == null) {
            throw new IllegalStateException("a connection without a socket");
        }
        frames.beat(Duration.ofSeconds(2L * connection.getHeartbeat()));
        return new Wire(connection, frames, declared);
    }

    boolean isOpen() {
        return !cut && connection.isOpen() && !frames.stoodStill();
    }

    Map<String, Object> serverProperties() {
        return connection.getServerProperties();
    }

    /** A new channel. */
    Channel channel() throws IOException {
        Channel channel = connection.createChannel();
        if (channel == null) {
            throw new RabbitMQFailure(
                    ErrorClass.THROTTLED,
                    "The connection has " + connection.getChannelMax() + " channels open, and the broker takes no more."
                            + " Raise channel_max, or consume fewer topics in one process",
                    null);
        }
        return channel;
    }

    /** Something is gone that was declared: all is declared again when it is needed. */
    void forgetTopology() {
        declared.forget();
    }

    /** Something to be said over a channel, and answered. */
    interface Call {
        void over(Channel channel) throws IOException;
    }

    /** Declares over a channel that is kept for that; one at a time. */
    void declare(Call declaration) throws IOException {
        Channel channel = declarations;
        if (channel == null || !channel.isOpen()) {
            channel = channel();
            declarations = channel;
        }
        declaration.over(channel);
    }

    /** Throws if the broker takes nothing on this connection now, because it is short of memory or disk. */
    void requireFlowing() throws RabbitMQFailure {
        String why = blocked;
        if (why != null) {
            throw new RabbitMQFailure(
                    ErrorClass.THROTTLED,
                    "The broker takes no messages until it has more room: " + why
                            + ". Workers go on; look at its memory and disk",
                    null);
        }
    }

    @Override
    public void handleBlocked(String reason) {
        blocked = reason;
        LOG.warn("RabbitMQ takes no messages for now: {}", reason);
    }

    @Override
    public void handleUnblocked() {
        blocked = null;
        LOG.info("RabbitMQ takes messages again");
    }

    /** Drops the connection at once, without a goodbye: nothing more comes from it or goes over it. */
    void cut() {
        cut = true;
        try {
            frames.drop();
        } catch (IOException alreadyGone) {
            LOG.debug("A connection that was dropped", alreadyGone);
        }
    }

    /** Says goodbye, for at most so long. */
    void close(Duration timeout) {
        try {
            connection.close((int) timeout.toMillis());
        } catch (IOException | RuntimeException alreadyGone) {
            LOG.debug("A connection that ended before it was closed", alreadyGone);
        } finally {
            cut();
        }
    }
}
