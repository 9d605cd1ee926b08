package io.backgroundqueue.inmemory;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.QueueDriverProvider;
import io.backgroundqueue.spi.QueueUrl;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Opens {@code memory:} and {@code memory:name}. Without a name each queue is alone; queues with one name share their
 * tasks inside this JVM, for as long as one of them is open.
 *
 * <p>Parameters: {@code capacity}, the most tasks to hold, default 1,000,000; {@code capacityBytes}, the most payload
 * bytes, default a quarter of the largest heap; both count what waits, runs and is dead; {@code deadLetterRetention},
 * how long dead letters are kept, default until purged. Who opens a name second may leave them out, or must say the same. Thread-safe.
 */
public final class InMemoryProvider implements QueueDriverProvider {
    static final String SCHEME = "memory";

    private static final SharedByName<Broker> BROKERS = new SharedByName<>();

    /** For {@link java.util.ServiceLoader}. */
    public InMemoryProvider() {}

    @Override
    public Set<String> schemes() {
        return Set.of(SCHEME);
    }

    @Override
    public QueueDriver open(QueueUrl url, QueueOptions options) {
        String name = name(url);
        OptionalInt tasks = url.integer("capacity", 1, Integer.MAX_VALUE);
        OptionalInt bytes = url.integer("capacityBytes", 1, Integer.MAX_VALUE);
        Capacity capacity = new Capacity(
                tasks.isPresent() ? tasks.getAsInt() : Capacity.DEFAULT_TASKS,
                bytes.isPresent() ? bytes.getAsInt() : Capacity.defaultBytes());
        Optional<Duration> retention =
                url.duration("deadLetterRetention").map(kept -> Capacity.longerThanZero("deadLetterRetention", kept));
        if (name.isEmpty()) {
            return new InMemoryDriver(new Broker(options.time(), capacity, retention));
        }
        Broker broker = BROKERS.acquire(name, () -> new Broker(options.time(), capacity, retention));
        try {
            requireSame(url, "capacity", tasks, broker.capacity().maxTasks());
            requireSame(url, "capacityBytes", bytes, broker.capacity().maxBytes());
            if (retention.isPresent() && !retention.equals(broker.retention())) {
                throw differs(
                        url,
                        "deadLetterRetention="
                                + broker.retention().map(Duration::toString).orElse("none"));
            }
            requireSameClock(url, options.time(), broker.time());
        } catch (QueueException differs) {
            BROKERS.release(name);
            throw differs;
        }
        return new InMemoryDriver(broker, () -> BROKERS.release(name));
    }

    /** The name after {@code memory:}, empty for none. */
    static String name(QueueUrl url) {
        if (url.address().startsWith("/")) {
            throw QueueException.invalid("The URL " + url + " has slashes, which " + SCHEME + ": does not take. Write "
                    + SCHEME + ":name, or " + SCHEME + ": for a private one");
        }
        return url.path();
    }

    /** Refuses a second clock: the one who opens a name decides by which it runs. */
    static void requireSameClock(QueueUrl url, Time wanted, Time used) {
        if (!wanted.equals(used)) {
            throw new QueueException(
                    QueueException.Kind.MISCONFIGURED,
                    "What " + url + " names is open on another clock. Open it with the same Time everywhere, or choose"
                            + " another name");
        }
    }

    private static void requireSame(QueueUrl url, String parameter, OptionalInt wanted, long used) {
        if (wanted.isPresent() && wanted.getAsInt() != used) {
            throw differs(url, parameter + "=" + used);
        }
    }

    private static QueueException differs(QueueUrl url, String used) {
        return new QueueException(
                QueueException.Kind.MISCONFIGURED,
                "What " + url + " names is open with " + used + ". Leave the parameter out, or choose another name");
    }
}
