package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.NonRetryableException;
import io.backgroundqueue.RetryPolicy;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.testkit.RecordingHandler;
import java.sql.Connection;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A pool of the application's, set up for the application: it works, and gets its connections back as they were. */
@ParameterizedClass
@EnumSource(LabDatabase.class)
class GivenDataSourceTest {
    @Parameter
    LabDatabase database;

    private Lab lab;
    private String topic;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.on(database);
        topic = Lab.newTopic("given");
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void connectionsWithoutAutocommitAndSerializableComeBackAsTheyWere() throws Exception {
        try (WatchedSource source = new WatchedSource(url(), false, Connection.TRANSACTION_SERIALIZABLE)) {
            useAll(source);

            assertThat(source.given()).isGreaterThan(3);
            assertThat(source.complaints()).isEmpty();
            assertThat(source.open()).isZero();
        }
    }

    @Test
    void connectionsAsTheyAreOftenSetUpComeBackToo() throws Exception {
        try (WatchedSource source = new WatchedSource(url(), true, Connection.TRANSACTION_READ_COMMITTED)) {
            useAll(source);

            assertThat(source.complaints()).isEmpty();
            assertThat(source.open()).isZero();
        }
    }

    /** All that a queue does: send, claim, retry, bury, renew, look. */
    private void useAll(WatchedSource source) throws Exception {
        RecordingHandler<Integer> handler = new RecordingHandler<>(task -> {
            if (task.payload() == 7 && task.attempt() == 1) {
                throw new IllegalStateException("once");
            }
            if (task.payload() == 8) {
                throw new NonRetryableException("never");
            }
        });
        try (BackgroundQueue queue = JdbcBackgroundQueue.builder()
                .dataSource(source)
                .createTables(true)
                .build()) {
            queue.consume(
                    topic,
                    Integer.class,
                    handler,
                    WorkerOptions.DEFAULT
                            .leaseDuration(Duration.ofSeconds(1))
                            .retryPolicy(RetryPolicy.fixed(Duration.ofMillis(50))));
            for (int i = 0; i < 10; i++) {
                queue.enqueue(
                        topic,
                        i,
                        EnqueueOptions.DEFAULT.delay(Duration.ofMillis(i)).deduplicationId("id-" + i));
            }
            handler.await(11);
            Lab.until(() -> queue.admin().listDeadLetters(topic, 10).size() == 1, "one task should be buried");
            assertThat(queue.admin().replayDeadLetters(topic, letter -> true)).isEqualTo(1);
            handler.await(12);
        }
    }

    private String url() {
        return lab.rawUrl() + (database == LabDatabase.H2 ? ";WRITE_DELAY=0" : "");
    }
}
