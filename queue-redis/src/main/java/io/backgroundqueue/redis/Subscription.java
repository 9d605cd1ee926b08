package io.backgroundqueue.redis;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Duty;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisConnectionException;

/**
 * The connection on which the events of one channel arrive. Its turns read; what they read without end is cut into steps
 * by the answers to {@link #ping}, which another thread asks for, since a read that is given up in the middle of an
 * event would leave the rest of it behind. A connection that stays silent is replaced.
 */
final class Subscription implements Duty {
    private static final byte[] MESSAGE = TopicKeys.bytes("message");
    private static final Duration SILENCE = Duration.ofSeconds(8);
    private static final Duration BETWEEN_PINGS = Duration.ofSeconds(2);
    private static final Duration STEP = Duration.ofSeconds(1);

    private final RedisLink link;
    private final byte[] channel;
    private final Duration connectTimeout;
    private final Time time;
    private final EventBuffer buffer;
    private final ReentrantLock writing = new ReentrantLock();
    private @Nullable SharedConnection open;
    private volatile boolean closed;
    private long nextPing;

    Subscription(RedisLink link, byte[] channel, Duration connectTimeout, Time time, EventBuffer buffer) {
        this.link = link;
        this.channel = channel.clone();
        this.connectTimeout = connectTimeout;
        this.time = time;
        this.buffer = buffer;
        this.nextPing = time.nanos();
    }

    @Override
    public String name() {
        return "subscription";
    }

    /** Subscribes; from then on no event is missed while the connection holds. */
    void subscribe() {
        SharedConnection fresh = link.connect(time.deadline(connectTimeout));
        try {
            fresh.sendCommand(Command.SUBSCRIBE, channel);
            fresh.getOne();
            fresh.setSoTimeout((int) SILENCE.toMillis());
        } catch (RuntimeException refused) {
            end(fresh);
            throw refused;
        }
        use(fresh);
    }

    /**
     * Reads what has arrived, and waits for it; returns at the latest when a {@link #ping} was answered. Without a
     * connection it makes one, and that is a step of its own.
     */
    @Override
    public Duration turn() throws InterruptedException {
        SharedConnection connection = current();
        if (connection == null) {
            subscribe();
            return Duration.ZERO;
        }
        long end = time.deadline(STEP);
        try {
            boolean event = true;
            while (event && time.nanos() - end < 0) {
                event = take(connection.getUnflushedObject());
            }
            return Duration.ZERO;
        } catch (JedisConnectionException gone) {
            use(null);
            throw gone;
        }
    }

    /** Asks for a sign of life, unless that was done a moment ago. Any thread. */
    void pingIfDue() {
        writing.lock();
        try {
            if (time.nanos() - nextPing >= 0) {
                ping();
            }
        } finally {
            writing.unlock();
        }
    }

    @Override
    public void wake() {
        writing.lock();
        try {
            ping();
        } finally {
            writing.unlock();
        }
    }

    /** Twice is harmless. */
    @Override
    public void close() {
        closed = true;
        use(null);
    }

    private void ping() {
        nextPing = time.deadline(BETWEEN_PINGS);
        SharedConnection connection = open;
        if (connection != null) {
            try {
                connection.sendCommand(Command.PING);
                connection.flush();
            } catch (JedisConnectionException gone) {
                return; // whoever reads meets it too, and connects anew
            }
        }
    }

    /** Whether this was an event. */
    private boolean take(@Nullable Object reply) throws InterruptedException {
        if (reply instanceof List<?> parts
                && parts.size() == 3
                && parts.get(2) instanceof byte[] event
                && parts.get(0) instanceof byte[] kind
                && Arrays.equals(kind, MESSAGE)) {
            buffer.add(Bytes.wrap(event));
            return true;
        }
        return false;
    }

    private @Nullable SharedConnection current() {
        writing.lock();
        try {
            return open;
        } finally {
            writing.unlock();
        }
    }

    /** From now on this connection and no other; none at all once this is closed. */
    private void use(@Nullable SharedConnection next) {
        SharedConnection old;
        writing.lock();
        try {
            old = open;
            open = closed ? null : next;
        } finally {
            writing.unlock();
        }
        end(old);
        if (next != null && closed) {
            end(next);
        }
    }

    private static void end(@Nullable SharedConnection connection) {
        if (connection != null) {
            try {
                connection.disconnect();
            } catch (JedisConnectionException alreadyGone) {
                return; // its socket is closed all the same
            }
        }
    }
}
