package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.SendResult;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Many want deduplication ids that an open transaction has taken: they wait, and nobody else does. */
@ParameterizedClass
@EnumSource(LabDatabase.class)
class CrowdTest {
    /** Of a send that is mostly blocked; it was 20 seconds and more. */
    private static final Duration SHORT = Duration.ofSeconds(3);

    @Parameter
    LabDatabase database;

    private Lab lab;
    private QueueDriver driver;
    private Connection connection;
    private BackgroundQueue joined;
    private String topic;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.on(database);
        driver = lab.closeLater(Lab.opened(lab.url()));
        BackgroundQueue queue = lab.closeLater(BackgroundQueues.open(lab.url()));
        connection = lab.closeLater(Raw.connection(lab.rawUrl()));
        connection.setAutoCommit(false);
        joined = JdbcBackgroundQueue.within(queue, connection);
        topic = Lab.newTopic("crowd");
    }

    @AfterEach
    void close() throws Exception {
        connection.rollback();
        lab.close();
    }

    @Test
    void twoHundredOfOneIdHoldUpNobodyElseInTheirBatch() throws Exception {
        joined.enqueue(topic, 1, EnqueueOptions.DEFAULT.deduplicationId("x"));
        List<Envelope> batch = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            batch.add(Lab.once(topic, "x"));
            batch.add(Lab.task(topic));
            batch.add(Lab.once(topic, "free-" + i));
        }

        List<SendResult> results = timed(batch);

        for (int i = 0; i < batch.size(); i += 3) {
            assertThat(results.get(i)).matches(CrowdTest::isTransient);
            assertThat(results.get(i + 1)).isEqualTo(SendResult.ACCEPTED);
            assertThat(results.get(i + 2)).isEqualTo(SendResult.ACCEPTED);
        }
    }

    @Test
    void manyDifferentIdsThatAreTakenEndInTimeAndTasksWithoutIdsAreStored() throws Exception {
        List<String> ids = IntStream.range(0, 300).mapToObj(i -> "id-" + i).toList();
        for (String id : ids) {
            joined.enqueue(topic, 1, EnqueueOptions.DEFAULT.deduplicationId(id));
        }
        List<Envelope> batch =
                new ArrayList<>(ids.stream().map(id -> Lab.once(topic, id)).toList());
        batch.addAll(Lab.tasks(topic, 100));

        List<SendResult> results = timed(batch);

        assertThat(results.subList(0, 300)).allMatch(CrowdTest::isTransient);
        assertThat(results.subList(300, 400)).containsOnly(SendResult.ACCEPTED);
        connection.commit();
        assertThat(driver.send(batch.subList(0, 300), Lab.TIMEOUT)).allMatch(SendResult.Duplicate.class::isInstance);
    }

    @Test
    void aTaskThatHasRunIsNotStoredAgainWithinItsWindow() throws Exception {
        Envelope task = Lab.once(topic, "order-1");
        Lab.sent(driver, task);
        try (var receiver = driver.receiver(topic, Lab.options(Duration.ofSeconds(30)))) {
            receiver.settle(Lab.acks(Lab.next(receiver, 1)));
        }

        List<SendResult> repeated = driver.send(List.of(task), Lab.TIMEOUT);

        assertThat(repeated).containsExactly(SendResult.ACCEPTED);
        assertThat(lab.number("SELECT count(*) FROM bq_task")).isZero();
    }

    private List<SendResult> timed(List<Envelope> batch) throws Exception {
        List<SendResult> results = new ArrayList<>();
        Duration taken = Timed.of(() -> results.addAll(driver.send(batch, Lab.TIMEOUT)));
        System.out.println(database + ": a send of " + batch.size() + ", many of them blocked, took " + taken);
        assertThat(taken).isLessThan(SHORT);
        return results;
    }

    private static boolean isTransient(SendResult result) {
        return result instanceof SendResult.Failed failed && failed.errorClass() == ErrorClass.TRANSIENT;
    }
}
