package io.backgroundqueue.rabbitmq;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.ErrorClass;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A connection for one purpose, which is made anew by whoever needs it and finds that it has ended. Thread-safe. */
final class Link {
    private static final Duration GOODBYE = Duration.ofSeconds(2);

    private final RabbitMQSettings settings;
    private final Time time;
    private final int heartbeat;
    private final String name;
    private final Declared declared;
    private final ReentrantLock connecting = new ReentrantLock();
    private volatile @Nullable Wire wire;
    private volatile boolean closed;

    /**
     * @param heartbeat seconds between two signs of life
     * @param name what the connection is called in the broker's own tools
     * @param declared forgotten when a connection has to be made again: it may be to another broker, or to one that has
     *     lost something
     */
    Link(RabbitMQSettings settings, Time time, int heartbeat, String name, Declared declared) {
        this.settings = settings;
        this.time = time;
        this.heartbeat = heartbeat;
        this.name = name;
        this.declared = declared;
    }

    /** Another one, of the same kind. */
    Link apart() {
        return new Link(settings, time, heartbeat, name + " apart", declared);
    }

    /** The connection, which lives as far as can be told. */
    Wire wire(long deadlineNanos) throws RabbitMQFailure, InterruptedException {
        Wire found = wire;
        if (found != null && found.isOpen()) {
            return found;
        }
        if (!connecting.tryLock(time.until(deadlineNanos).toNanos(), TimeUnit.NANOSECONDS)) {
            throw unreachable("somebody else has been trying to connect all the time", null);
        }
        try {
            found = wire;
            if (found != null && found.isOpen()) {
                return found;
            }
            if (closed) {
                throw new QueueException(QueueException.Kind.CLOSED, "The queue is closed. Open a new one");
            }
            if (found != null) {
                found.cut();
                declared.forget();
            }
            Wire made = connected(deadlineNanos);
            wire = made;
            return made;
        } finally {
            connecting.unlock();
        }
    }

    /** Ends the connection; none is made any more. */
    void close() {
        closed = true;
        connecting.lock();
        try {
            if (wire != null) {
                wire.close(GOODBYE);
            }
        } finally {
            connecting.unlock();
        }
    }

    private Wire connected(long deadlineNanos) throws RabbitMQFailure {
        Duration left = time.until(deadlineNanos);
        Duration timeout = left.compareTo(settings.connectTimeout) < 0 ? left : settings.connectTimeout;
        try {
            return Wire.open(new Dialer(settings, time, heartbeat, timeout), name, declared);
        } catch (IOException | TimeoutException | RuntimeException failed) {
            if (RabbitMQErrors.classify(failed) == ErrorClass.MISCONFIGURED) {
                throw new RabbitMQFailure(
                        ErrorClass.MISCONFIGURED, settings + " refuses this client: " + said(failed), failed);
            }
            throw unreachable(said(failed), failed);
        }
    }

    private RabbitMQFailure unreachable(String why, @Nullable Throwable cause) {
        return new RabbitMQFailure(ErrorClass.TRANSIENT, settings + " cannot be reached: " + why, cause);
    }

    private static String said(Exception failed) {
        return RabbitMQErrors.reason(failed).map(RabbitMQErrors.Reason::text).orElseGet(failed::toString);
    }
}
