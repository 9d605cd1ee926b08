package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

/** Adds to the driver in memory what it lacks and brokers have: a way in for bytes that are no task. */
final class ForeignBytes extends PlainDriver {
    private static final Map<String, String> MARK = Map.of("kit-foreign", "yes");

    ForeignBytes(QueueDriver next) {
        super(next);
    }

    void inject(String topic, Bytes bytes) throws Exception {
        Envelope disguised = new Envelope(
                UUID.randomUUID().toString(),
                topic,
                Start.now(),
                0,
                MARK,
                bytes,
                Optional.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                Instant.EPOCH);
        next.send(List.of(disguised), Duration.ofSeconds(1));
    }

    @Override
    public Receiver receiver(String topic, ReceiverOptions options) throws Exception {
        return new PlainReceiver(next.receiver(topic, options)) {
            @Override
            public List<Delivery> receive(int max, Duration wait) throws Exception {
                return next.receive(max, wait).stream()
                        .map(ForeignBytes::undisguised)
                        .toList();
            }
        };
    }

    private static Delivery undisguised(Delivery delivery) {
        return delivery instanceof Delivery.Task task
                        && task.envelope().headers().equals(MARK)
                ? new Delivery.Unreadable(task.envelope().payload(), "it has no metadata", task.lease())
                : delivery;
    }
}
