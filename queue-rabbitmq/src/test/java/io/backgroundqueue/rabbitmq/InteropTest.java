package io.backgroundqueue.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.GetResponse;
import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Settlement;
import io.backgroundqueue.testkit.Brokers;
import io.backgroundqueue.testkit.RecordingHandler;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** By the page on the wire format alone. */
class InteropTest {
    private final String topic = "interop-" + UUID.randomUUID().toString().substring(0, 8);

    @Test
    void ourWorkerRunsWhatARawClientPublished() throws Exception {
        String url = Brokers.shared("rabbitmq").url();
        AMQP.BasicProperties bare =
                new AMQP.BasicProperties.Builder().messageId("raw-1").build();
        AMQP.BasicProperties full = new AMQP.BasicProperties.Builder()
                .deliveryMode(2)
                .headers(Map.of("bqversion", "1", "id", "raw-2", "bqattempts", "7", "tenant", "eu", "count", 5))
                .build();
        RecordingHandler<String> handler = new RecordingHandler<>();
        try (RawRabbitMQ raw = new RawRabbitMQ(url);
                BackgroundQueue queue = BackgroundQueues.open(url)) {
            raw.publish(RawRabbitMQ.lane(topic, 2), bare, json("one"));
            raw.publish(RawRabbitMQ.lane(topic, 2), full, json("two"));
            queue.consume(topic, String.class, handler);
            handler.await(2);
        }
        assertThat(handler.payloads()).containsExactlyInAnyOrder("one", "two");
        assertThat(handler.runsOf("raw-1")).hasSize(1);
        assertThat(handler.runsOf("raw-2").get(0).task().headers()).isEqualTo(Map.of("tenant", "eu", "count", "5"));
        RawRabbitMQ.delete(url, List.of(topic));
    }

    @Test
    void aTaskThatOnlyItsMessageIdNamesIsCalledSoAlsoWhenItWasGivenBack() throws Exception {
        try (Lab lab = new Lab(Brokers.shared("rabbitmq").url());
                RawRabbitMQ raw = new RawRabbitMQ(lab.url)) {
            String mine = lab.topic();
            AMQP.BasicProperties bare =
                    new AMQP.BasicProperties.Builder().messageId("raw-3").build();
            raw.publish(RawRabbitMQ.lane(mine, 2), bare, json("one"));
            RabbitMQReceiver receiver = lab.receiver(mine);
            Delivery.Task task = Lab.taken(receiver, 1).get(0);
            receiver.settle(List.of(new Settlement.Release(task)));

            assertThat(Lab.taken(receiver, 1).get(0).envelope().taskId()).isEqualTo("raw-3");
        }
    }

    @Test
    void ourWorkerRunsWhatARawClientDelayedAndNotBefore() throws Exception {
        try (Lab lab = new Lab(Brokers.shared("rabbitmq").url());
                RawRabbitMQ raw = new RawRabbitMQ(lab.url)) {
            String mine = lab.topic();
            Duration delay = Duration.ofMillis(500);
            lab.sent(Lab.task(mine, Start.after(delay), Map.of()));
            AMQP.BasicProperties properties = new AMQP.BasicProperties.Builder()
                    .deliveryMode(2)
                    .headers(Map.of(
                            "id", "raw-4", "bqdue", Instant.now().plus(delay).toString()))
                    .build();
            long begin = System.nanoTime();
            raw.channel()
                    .basicPublish(
                            "bq.delay1.2", "0.0.5.@." + RawRabbitMQ.lane(mine, 2), true, properties, json("later"));
            List<Delivery.Task> tasks = Lab.taken(lab.receiver(mine), 2);

            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(delay);
            assertThat(tasks).extracting(task -> task.envelope().taskId()).contains("raw-4");
        }
    }

    @Test
    void aRawClientReadsWhatWeEnqueued() throws Exception {
        String url = Brokers.shared("rabbitmq").url();
        try (RawRabbitMQ raw = new RawRabbitMQ(url);
                BackgroundQueue queue = BackgroundQueues.open(url)) {
            EnqueueOptions options = EnqueueOptions.DEFAULT.priority(9).header("tenant", "eu");
            String id = queue.enqueue(topic, "hello", options).taskId();
            GetResponse found = raw.channel().basicGet(RawRabbitMQ.lane(topic, 0), true);

            assertThat(found.getBody()).isEqualTo(json("hello"));
            Map<String, Object> headers = found.getProps().getHeaders();
            assertThat(headers.get("id")).hasToString(id);
            assertThat(headers.get("bqversion")).hasToString("1");
            assertThat(headers.get("bqpriority")).hasToString("9");
            assertThat(headers.get("type")).hasToString(topic);
            assertThat(headers.get("tenant")).hasToString("eu");
            assertThat(found.getProps().getDeliveryMode()).isEqualTo(2);
        }
        RawRabbitMQ.delete(url, List.of(topic));
    }

    private static byte[] json(String text) {
        return ("\"" + text + "\"").getBytes(StandardCharsets.UTF_8);
    }
}
