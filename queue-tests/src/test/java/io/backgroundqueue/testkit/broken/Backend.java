package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.inmemory.InMemoryProvider;
import io.backgroundqueue.inmemory.ManualTime;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.QueueUrl;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;

/** One memory, the drivers on it, and what a fault may want to know of them. Thread-safe. */
public final class Backend implements AutoCloseable {
    /** The most payload bytes it takes. */
    static final int CAPACITY_BYTES = 4 << 20;

    private final QueueUrl url = QueueUrl.parse("memory:" + UUID.randomUUID() + "?capacityBytes=" + CAPACITY_BYTES);
    private final ManualTime time = new ManualTime(Instant.parse("2026-03-01T10:00:00Z"));
    private final Map<String, Envelope> sent = new ConcurrentHashMap<>();
    private final Map<String, Delivery.Task> out = new ConcurrentHashMap<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final UnaryOperator<QueueDriver> fault;

    /** A backend whose drivers all have this fault. */
    public Backend(BrokenDriver broken) {
        this.fault = broken.fault().apply(this);
    }

    /** Opens a driver with the fault. */
    public QueueDriver open() {
        return new Recorder(fault.apply(openHealthy()), sent, out);
    }

    /** Opens a driver without it. */
    ForeignBytes openHealthy() {
        QueueOptions options = QueueOptions.builder().time(time).build();
        return new ForeignBytes(new InMemoryProvider().open(url, options));
    }

    /** The clock of all drivers. */
    public ManualTime time() {
        return time;
    }

    Instant now() {
        return time.now();
    }

    /** All tasks that tests sent, by id, as they sent them. */
    Map<String, Envelope> sent() {
        return sent;
    }

    /** The tasks that are out, by id, as they were handed out last. */
    Map<String, Delivery.Task> out() {
        return out;
    }

    /** The task as a test sent it, its start spent; what no test sent as it is. */
    Envelope original(Envelope stored) {
        Envelope original = sent.get(stored.taskId());
        return original == null ? stored : original.started();
    }

    /** Reaches zero when the test is over. */
    CountDownLatch closed() {
        return closed;
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
