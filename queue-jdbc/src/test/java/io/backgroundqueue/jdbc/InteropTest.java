package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.testkit.RecordingHandler;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A client that knows only docs/wire-format.md enqueues what we run, and reads what we enqueued. */
@ParameterizedClass
@EnumSource(LabDatabase.class)
class InteropTest {
    record Mail(String to, String template) {}

    @Parameter
    LabDatabase database;

    private Lab lab;
    private String topic;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.on(database);
        lab.driver();
        topic = Lab.newTopic("interop");
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void theLeastThatARawClientCanInsertRuns() throws Exception {
        RecordingHandler<Mail> handler = new RecordingHandler<>();
        Instant before = Instant.now();
        try (BackgroundQueue queue = BackgroundQueues.open(lab.url())) {
            queue.consume(topic, Mail.class, handler);
            insert(
                    "topic, task_id, payload",
                    topic,
                    "any id: Zürich",
                    bytes("{\"to\":\"a@b.org\",\"template\":\"hi\"}"));
            handler.await(1);
        }
        var task = handler.runs().get(0).task();
        assertThat(task.id()).isEqualTo("any id: Zürich");
        assertThat(task.payload()).isEqualTo(new Mail("a@b.org", "hi"));
        assertThat(task.headers()).isEmpty();
        assertThat(Duration.between(before, Instant.now())).isLessThan(Duration.ofSeconds(30));
        assertThat(lab.number("SELECT count(*) FROM bq_task")).isZero();
    }

    @Test
    void whatARawClientSaysOfATaskIsKept() throws Exception {
        insert(
                "topic, task_id, payload, priority, headers, attempts, version",
                topic,
                "full",
                bytes("hello"),
                7,
                "{\"tenant\":\"eu\"}",
                5,
                1);

        Delivery.Task task = Lab.next(lab.receiver(lab.driver(), topic));

        assertThat(task.envelope().priority()).isEqualTo(7);
        assertThat(task.envelope().headers()).isEqualTo(Map.of("tenant", "eu"));
        assertThat(task.envelope().attempts()).hasValue(5);
        assertThat(task.envelope().payload()).isEqualTo(Bytes.utf8("hello"));
        assertThat(task.due()).isBeforeOrEqualTo(Instant.now());
    }

    @Test
    void tasksOfARawClientKeepTheOrderOfTheirInserts() throws Exception {
        for (String id : new String[] {"c", "a", "b"}) {
            insert("topic, task_id, payload", topic, id, bytes("1"));
        }

        assertThat(Lab.ids(Lab.next(lab.receiver(lab.driver(), topic), 3))).containsExactly("c", "a", "b");
    }

    @Test
    void aDelayedTaskOfARawClientRunsWhenItIsDue() throws Exception {
        Instant before = Instant.now();
        lab.update(
                "INSERT INTO bq_task (topic, task_id, payload, state, due)"
                        + " VALUES (?, 'later', ?, 2, CURRENT_TIMESTAMP + INTERVAL '1' SECOND)",
                topic,
                bytes("hello"));

        Delivery.Task task = Lab.next(lab.receiver(lab.driver(), topic));

        assertThat(Instant.now()).isAfterOrEqualTo(before.plusSeconds(1));
        assertThat(task.due()).isAfterOrEqualTo(before.plusSeconds(1));
    }

    @Test
    void aTaskOfANewerVersionIsHandedOutAsTooNew() throws Exception {
        insert("topic, task_id, payload, version", topic, "new", bytes("hello"), 2);

        Delivery found = Lab.next(lab.receiver(lab.driver(), topic), 1).get(0);

        assertThat(found).isInstanceOf(Delivery.TooNew.class);
    }

    @Test
    void aRawClientReadsWhatWeEnqueued() throws Exception {
        try (BackgroundQueue queue = BackgroundQueues.open(lab.url())) {
            String id = queue.enqueue(
                            topic,
                            new Mail("a@b.org", "hi"),
                            EnqueueOptions.DEFAULT.priority(3).header("tenant", "eu"))
                    .taskId();

            String where = " FROM bq_task WHERE topic = '" + topic + "' AND task_id = '" + id + "'";
            assertThat(lab.number("SELECT state" + where)).isZero();
            assertThat(lab.number("SELECT priority" + where)).isEqualTo(3);
            assertThat(lab.number("SELECT version" + where)).isEqualTo(1);
            assertThat(lab.text("SELECT headers" + where)).isEqualTo("{\"tenant\":\"eu\"}");
            assertThat(payload("SELECT payload" + where)).isEqualTo("{\"to\":\"a@b.org\",\"template\":\"hi\"}");
            assertThat(lab.update("DELETE" + where + " AND state = 0")).isEqualTo(1);
        }
    }

    @Test
    void aRawClientReadsADelayedTask() throws Exception {
        try (BackgroundQueue queue = BackgroundQueues.open(lab.url())) {
            queue.enqueue(topic, "x", EnqueueOptions.DEFAULT.delay(Duration.ofHours(1)));

            assertThat(lab.number("SELECT state FROM bq_task")).isEqualTo(2);
            assertThat(lab.number("SELECT count(*) FROM bq_task WHERE due"
                            + " BETWEEN CURRENT_TIMESTAMP + INTERVAL '59' MINUTE"
                            + " AND CURRENT_TIMESTAMP + INTERVAL '61' MINUTE"))
                    .isEqualTo(1);
        }
    }

    private void insert(String columns, Object... values) throws Exception {
        String places = "?" + ", ?".repeat(values.length - 1);
        assertThat(lab.update("INSERT INTO bq_task (" + columns + ") VALUES (" + places + ")", values))
                .isEqualTo(1);
    }

    private String payload(String sql) throws Exception {
        try (var connection = Raw.connection(lab.rawUrl());
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            return new String(rows.getBytes(1), StandardCharsets.UTF_8);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
