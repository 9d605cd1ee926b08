package io.backgroundqueue.inmemory;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.Capabilities;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.testkit.DriverHarness;
import io.backgroundqueue.testkit.Patience;
import io.backgroundqueue.testkit.SteppableTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One broker in memory, on a clock that the tests turn. It lives as long as its drivers, or, once a queue was opened, as
 * long as the harness: queues may come and go like processes.
 */
final class InMemoryHarness implements DriverHarness {
    private static final int CAPACITY_BYTES = 16 << 20;

    private final ManualTime time = new ManualTime(Instant.parse("2026-03-01T10:00:00Z"));
    private final Broker broker = new Broker(time, new Capacity(100_000, CAPACITY_BYTES));
    private final Capabilities capabilities = new InMemoryDriver(new Broker(time, broker.capacity())).capabilities();
    private Optional<InMemoryDriver> keeper = Optional.empty();

    @Override
    public String adapter() {
        return "inmemory";
    }

    @Override
    public Capabilities capabilities() {
        return capabilities;
    }

    @Override
    public BackgroundQueue openQueue(QueueOptions options) {
        keeper();
        return BackgroundQueues.over(
                new InMemoryDriver(broker), options.toBuilder().time(time).build());
    }

    @Override
    public QueueDriver openDriver() {
        return new InMemoryDriver(broker);
    }

    @Override
    public Optional<SteppableTime> time() {
        return Optional.of(new SteppableTime() {
            @Override
            public Instant now() {
                return time.now();
            }

            @Override
            public void advance(Duration by) {
                time.advance(by);
            }
        });
    }

    /** The backend answers at once, so that little patience is needed. */
    @Override
    public Patience patience() {
        Patience standard = Patience.standard();
        return new Patience(standard.eventually().dividedBy(3), standard.never().dividedBy(10), Duration.ofMillis(1));
    }

    /** Leaves too little room, and answers a task that wants more. */
    @Override
    public Optional<Envelope> refused(Envelope task) {
        keeper().send(List.of(sized(task, "filling", CAPACITY_BYTES * 3 / 4)), Duration.ofSeconds(1));
        return Optional.of(sized(task, task.topic(), CAPACITY_BYTES * 3 / 8));
    }

    private static Envelope sized(Envelope task, String topic, int bytes) {
        return new Envelope(
                task.taskId() + topic,
                topic,
                Start.now(),
                0,
                Map.of(),
                Bytes.wrap(new byte[bytes]),
                Optional.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                task.enqueuedAt());
    }

    private InMemoryDriver keeper() {
        keeper = keeper.or(() -> Optional.of(new InMemoryDriver(broker)));
        return keeper.orElseThrow();
    }

    @Override
    public String brokerVersion() {
        return "-";
    }

    @Override
    public String startedBy() {
        return "in this process";
    }

    @Override
    public void close() {
        keeper.ifPresent(InMemoryDriver::close);
    }
}
