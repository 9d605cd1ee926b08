package io.backgroundqueue.model;

import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** A worker's place: one receiver after another, and what the present one got. */
final class Slot {
    private static final Duration SECOND = Duration.ofSeconds(1);

    final String topic;
    final ReceiverOptions options;
    /** What was handed out here, and now and then something that was settled or lost since. */
    final List<Delivery.Task> got = new ArrayList<>();

    private final QueueDriver driver;
    private final int number;
    private int openings;
    private Receiver receiver;

    Slot(int number, String topic, QueueDriver driver, int maxUnsettled, Duration lease) throws Exception {
        this.number = number;
        this.topic = topic;
        this.driver = driver;
        this.options = new ReceiverOptions(
                maxUnsettled,
                OptionalInt.empty(),
                maxUnsettled,
                Integer.MAX_VALUE,
                lease,
                SECOND,
                Duration.ofSeconds(10),
                "worker-" + number);
        this.receiver = driver.receiver(topic, options);
    }

    Receiver receiver() {
        return receiver;
    }

    /** Another one for each receiver. */
    int holder() {
        return number * 1_000_000 + openings;
    }

    /** Closes the receiver, with all that it holds, and opens another. */
    void reopen() throws Exception {
        receiver.close();
        got.clear();
        openings++;
        receiver = driver.receiver(topic, options);
    }

    void close() {
        receiver.close();
    }
}
