package io.backgroundqueue.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Settlement;
import io.backgroundqueue.testkit.RecordingHandler;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A client that knows only docs/wire-format.md enqueues what we run, and reads what we enqueued. */
class InteropTest {
    record Mail(String to, String template) {}

    private Lab lab;
    private String topic;
    private String base;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.shared();
        topic = Lab.newTopic("interop");
        base = "{bq}:" + topic + ":";
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void aTaskOfARawClientRuns() throws Exception {
        String id = "01985c3a-7e02-7011-b2c3-d4e5f6071829";
        String line = "{\"bqversion\":\"1\",\"id\":\"" + id + "\",\"type\":\"" + topic
                + "\",\"time\":\"2026-01-31T08:15:30Z\",\"bqpriority\":\"7\",\"headers\":{\"tenant\":\"eu\"}}\n";
        RecordingHandler<Mail> handler = new RecordingHandler<>();
        try (BackgroundQueue queue = BackgroundQueues.open(lab.broker().url())) {
            queue.consume(topic, Mail.class, handler);
            enqueue(id, line + "{\"to\":\"customer@example.org\",\"template\":\"invoice\"}", 7);
            handler.await(1);
        }
        var task = handler.runs().get(0).task();
        assertThat(task.id()).isEqualTo(id);
        assertThat(task.payload()).isEqualTo(new Mail("customer@example.org", "invoice"));
        assertThat(task.headers()).isEqualTo(Map.of("tenant", "eu"));
        assertThat(lab.rawNumber("EXISTS", base + "body", base + "r7")).isZero();
    }

    @Test
    void theLeastThatARawClientCanWriteRuns() throws Exception {
        lab.raw("HSET", base + "body", "any id: Zürich", "{}\nhello");
        lab.raw("RPUSH", base + "r0", "00:any id: Zürich");
        RedisDriver driver = lab.driver();

        Instant before = Instant.now();
        Delivery.Task task = Lab.next(lab.receiver(driver, topic));

        assertThat(task.envelope().taskId()).isEqualTo("any id: Zürich");
        assertThat(task.envelope().payload()).isEqualTo(Bytes.utf8("hello"));
        assertThat(task.due()).isBetween(before, Instant.now());
    }

    @Test
    void aDelayedTaskOfARawClientRunsWhenItIsDue() throws Exception {
        long due = Instant.now().plusMillis(300).toEpochMilli();
        lab.raw("HSET", base + "body", "later", "{}\nhello");
        lab.raw("ZADD", base + "due", String.valueOf(due), "5later");

        Delivery.Task task = Lab.next(lab.receiver(lab.driver(), topic));

        assertThat(Instant.now()).isAfterOrEqualTo(Instant.ofEpochMilli(due));
        assertThat(task.due()).isEqualTo(Instant.ofEpochMilli(due));
    }

    @Test
    void theIdUnderWhichATaskIsStoredIsItsId() throws Exception {
        lab.raw("HSET", base + "body", "stored", "{\"id\":\"claimed\"}\nhello");
        lab.raw("RPUSH", base + "r0", "00:stored");
        RedisReceiver receiver = lab.receiver(lab.driver(), topic);

        Delivery.Task task = Lab.next(receiver);

        assertThat(task.envelope().taskId()).isEqualTo("stored");
        receiver.settle(List.of(new Settlement.Ack(task)));
        assertThat(lab.rawNumber("EXISTS", base + "body")).isZero();
    }

    @Test
    void aRawClientReadsWhatWeEnqueued() throws Exception {
        try (BackgroundQueue queue = BackgroundQueues.open(lab.broker().url())) {
            String id = queue.enqueue(
                            topic,
                            new Mail("a@b.org", "hi"),
                            EnqueueOptions.DEFAULT.priority(3).header("tenant", "eu"))
                    .taskId();

            String entry = lab.rawText("LPOP", base + "r3");
            String value = lab.rawText("HGET", base + "body", id);

            assertThat(entry).matches("3\\d{13}:" + id);
            assertThat(value.split("\n", 2)[0])
                    .contains("\"bqversion\":\"1\"")
                    .contains("\"id\":\"" + id + "\"")
                    .contains("\"bqpriority\":\"3\"")
                    .contains("\"headers\":{\"tenant\":\"eu\"}");
            assertThat(value.split("\n", 2)[1]).isEqualTo("{\"to\":\"a@b.org\",\"template\":\"hi\"}");
            assertThat(lab.rawNumber("HDEL", base + "body", id)).isEqualTo(1);
        }
    }

    @Test
    void aRawClientReadsADelayedTask() throws Exception {
        try (BackgroundQueue queue = BackgroundQueues.open(lab.broker().url())) {
            long before = System.currentTimeMillis();
            String id = queue.enqueue(topic, "x", EnqueueOptions.DEFAULT.delay(Duration.ofHours(1)))
                    .taskId();

            double due = Double.parseDouble(lab.rawText("ZSCORE", base + "due", "0" + id));

            assertThat(due).isBetween(before + 3_600_000.0, before + 3_700_000.0);
        }
    }

    /** The three commands of the page. */
    private void enqueue(String id, String value, int level) {
        lab.raw("HSET", base + "body", id, value);
        lab.raw("RPUSH", base + "r" + level, level + "0:" + id);
        lab.raw("RPUSH", base + "wake", "1");
    }
}
