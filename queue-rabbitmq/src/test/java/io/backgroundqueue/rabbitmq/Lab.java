package io.backgroundqueue.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.Start;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.QueueUrl;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.testkit.Patience;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

/** A driver and its receivers, for tests that look at one step at a time; closes what it opened, and deletes its queues. */
final class Lab implements AutoCloseable {
    static final Duration TIMEOUT = Duration.ofSeconds(10);

    final String url;
    final RabbitMQDriver driver;
    private final List<RabbitMQReceiver> receivers = new ArrayList<>();
    private final List<String> topics = new ArrayList<>();

    Lab(String url) {
        this(url, Time.system());
    }

    Lab(String url, Time time) {
        this.url = url;
        this.driver = (RabbitMQDriver) new RabbitMQProvider()
                .open(QueueUrl.parse(url), QueueOptions.builder().time(time).build());
    }

    String topic() {
        String topic = "lab-" + UUID.randomUUID().toString().substring(0, 8);
        topics.add(topic);
        return topic;
    }

    RabbitMQReceiver receiver(String topic) {
        return receiver(topic, 10);
    }

    RabbitMQReceiver receiver(String topic, int concurrency) {
        ReceiverOptions options = new ReceiverOptions(
                concurrency,
                OptionalInt.empty(),
                1_000,
                8 << 20,
                Duration.ofSeconds(30),
                Duration.ofSeconds(1),
                TIMEOUT,
                "lab-" + UUID.randomUUID());
        RabbitMQReceiver receiver = (RabbitMQReceiver) driver.receiver(topic, options);
        receivers.add(receiver);
        return receiver;
    }

    static Envelope task(String topic, Start start, Map<String, String> headers) {
        return task(topic, start, 0, headers);
    }

    static Envelope task(String topic, int priority) {
        return task(topic, Start.now(), priority, Map.of());
    }

    private static Envelope task(String topic, Start start, int priority, Map<String, String> headers) {
        return new Envelope(
                UUID.randomUUID().toString(),
                topic,
                start,
                priority,
                headers,
                Bytes.utf8("{}"),
                Optional.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                Instant.now());
    }

    static Envelope task(String topic) {
        return task(topic, Start.now(), Map.of());
    }

    List<SendResult> send(Envelope... tasks) throws Exception {
        return driver.send(List.of(tasks), TIMEOUT);
    }

    void sent(Envelope... tasks) throws Exception {
        assertThat(send(tasks)).containsOnly(SendResult.ACCEPTED);
    }

    /** Receives until so many have come. */
    static List<Delivery.Task> taken(RabbitMQReceiver receiver, int count) throws Exception {
        List<Delivery.Task> taken = new ArrayList<>();
        Patience.standard()
                .eventually(
                        () -> {
                            for (Delivery one : receiver.receive(count - taken.size(), Duration.ofMillis(100))) {
                                taken.add((Delivery.Task) one);
                            }
                            return taken.size() >= count;
                        },
                        () -> count + " tasks should come, but " + taken.size() + " did");
        return taken;
    }

    @Override
    public void close() {
        receivers.forEach(RabbitMQReceiver::close);
        driver.close();
        RawRabbitMQ.delete(url, topics);
    }
}
