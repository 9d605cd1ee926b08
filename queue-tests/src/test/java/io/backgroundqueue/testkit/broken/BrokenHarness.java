package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.Capabilities;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.testkit.DriverHarness;
import io.backgroundqueue.testkit.Patience;
import io.backgroundqueue.testkit.SteppableTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A broken driver's backend, on a clock that the tests turn. */
final class BrokenHarness implements DriverHarness {
    private final Backend backend;
    private final Patience patience;
    private final Capabilities capabilities;
    private final List<QueueDriver> own = new ArrayList<>();

    BrokenHarness(BrokenDriver broken, Patience patience) {
        this.backend = new Backend(broken);
        this.patience = patience;
        try (QueueDriver probe = backend.open()) {
            this.capabilities = probe.capabilities();
        }
    }

    @Override
    public String adapter() {
        return "broken";
    }

    @Override
    public Capabilities capabilities() {
        return capabilities;
    }

    @Override
    public QueueDriver openDriver() {
        return backend.open();
    }

    @Override
    public BackgroundQueue openQueue(QueueOptions options) {
        return BackgroundQueues.over(
                openDriver(), options.toBuilder().time(backend.time()).build());
    }

    @Override
    public boolean injectRaw(String topic, Bytes bytes) throws Exception {
        keeper().inject(topic, bytes);
        return true;
    }

    /** Leaves too little room, and answers a task that wants more. */
    @Override
    public Optional<Envelope> refused(Envelope task) {
        send(sized(task, "filling", Backend.CAPACITY_BYTES * 3 / 4));
        return Optional.of(sized(task, task.topic(), Backend.CAPACITY_BYTES * 3 / 8));
    }

    private void send(Envelope task) {
        try {
            keeper().send(List.of(task), Duration.ofSeconds(1));
        } catch (Exception failed) {
            throw new IllegalStateException("the healthy driver failed: " + failed.getMessage(), failed);
        }
    }

    private static Envelope sized(Envelope task, String topic, int bytes) {
        return Copy.of(task)
                .id(task.taskId() + topic)
                .topic(topic)
                .payload("x".repeat(bytes))
                .done();
    }

    /** A driver that keeps the memory alive until the harness is closed. */
    private ForeignBytes keeper() {
        ForeignBytes keeper = backend.openHealthy();
        own.add(keeper);
        return keeper;
    }

    @Override
    public Optional<SteppableTime> time() {
        return Optional.of(new SteppableTime() {
            @Override
            public Instant now() {
                return backend.time().now();
            }

            @Override
            public void advance(Duration by) {
                backend.time().advance(by);
            }
        });
    }

    @Override
    public Patience patience() {
        return patience;
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
        own.forEach(QueueDriver::close);
        backend.close();
    }
}
