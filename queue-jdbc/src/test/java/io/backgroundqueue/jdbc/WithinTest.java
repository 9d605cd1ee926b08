package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.EnqueueRequest;
import io.backgroundqueue.Feature;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.testkit.RecordingHandler;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Trap P8: enqueueing within a transaction of the caller's, beside a table of its own. */
@ParameterizedClass
@EnumSource(LabDatabase.class)
class WithinTest {
    /** How long an enqueue may wait for a stranger's id: for a few tries of those who want it, not for its transaction. */
    private static final Duration HELD_UP = Duration.ofSeconds(1);

    private static final EnqueueOptions ONCE = EnqueueOptions.DEFAULT.deduplicationId("order-1");

    @Parameter
    LabDatabase database;

    private Lab lab;
    private BackgroundQueue queue;
    private Connection connection;
    private String topic;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.on(database);
        queue = lab.closeLater(BackgroundQueues.open(lab.url()));
        connection = lab.closeLater(Raw.connection(lab.rawUrl()));
        Raw.run(connection, "CREATE TABLE shop_order (id varchar(20) PRIMARY KEY)");
        connection.setAutoCommit(false);
        topic = Lab.newTopic("within");
    }

    @AfterEach
    void close() throws Exception {
        try {
            connection.rollback();
        } finally {
            lab.close();
        }
    }

    @Test
    void aRollbackLeavesNeitherOrderNorTask() throws Exception {
        Raw.update(connection, "INSERT INTO shop_order VALUES ('1')");
        JdbcBackgroundQueue.within(queue, connection).enqueue(topic, 1);

        connection.rollback();

        assertThat(lab.number("SELECT count(*) FROM shop_order")).isZero();
        assertThat(lab.number("SELECT count(*) FROM bq_task")).isZero();
    }

    @Test
    void aRollbackFreesTheDeduplicationId() throws Exception {
        JdbcBackgroundQueue.within(queue, connection).enqueue(topic, 1, ONCE);
        connection.rollback();

        EnqueueReceipt receipt = queue.enqueue(topic, 2, ONCE);

        assertThat(receipt.duplicate()).isFalse();
        assertThat(lab.number("SELECT count(*) FROM bq_task")).isEqualTo(1);
    }

    @Test
    void aTaskIsThereWhenTheTransactionCommitsAndNotBefore() throws Exception {
        RecordingHandler<Integer> handler = new RecordingHandler<>();
        queue.consume(topic, Integer.class, handler);
        Raw.update(connection, "INSERT INTO shop_order VALUES ('1')");
        String id = JdbcBackgroundQueue.within(queue, connection)
                .enqueue(topic, 17, EnqueueOptions.DEFAULT.priority(9))
                .taskId();
        Lab.PATIENCE.never(() -> handler.started() > 0, () -> "the task ran before the commit");

        connection.commit();

        Lab.PATIENCE.eventually(() -> handler.started() == 1, () -> "the task should run after the commit");
        assertThat(handler.runs().get(0).id()).isEqualTo(id);
        assertThat(lab.number("SELECT count(*) FROM shop_order")).isEqualTo(1);
    }

    @Test
    void aBatchJoinsAsAWhole() throws Exception {
        BackgroundQueue joined = JdbcBackgroundQueue.within(queue, connection);

        joined.enqueueAll(List.of(
                new EnqueueRequest<>(topic, 1, EnqueueOptions.DEFAULT),
                new EnqueueRequest<>(topic, 2, EnqueueOptions.DEFAULT.delay(Duration.ofHours(1))),
                new EnqueueRequest<>(topic, 3, ONCE),
                new EnqueueRequest<>(topic, 4, ONCE)));
        assertThat(lab.number("SELECT count(*) FROM bq_task")).isZero();
        connection.commit();

        assertThat(queue.admin().stats(topic).ready()).hasValue(2);
        assertThat(queue.admin().stats(topic).delayed()).hasValue(1);
    }

    @Test
    void aDuplicateOfACommittedTaskSaysSoAndTheTransactionGoesOn() throws Exception {
        String first = queue.enqueue(topic, 1, ONCE).taskId();

        EnqueueReceipt second = JdbcBackgroundQueue.within(queue, connection).enqueue(topic, 2, ONCE);
        Raw.update(connection, "INSERT INTO shop_order VALUES ('1')");
        connection.commit();

        assertThat(second.duplicate()).isTrue();
        assertThat(second.duplicateOf()).hasValue(first);
        assertThat(lab.number("SELECT count(*) FROM shop_order")).isEqualTo(1);
    }

    @Test
    void anOpenTransactionWithAnIdHoldsUpNobodyElse() throws Exception {
        JdbcBackgroundQueue.within(queue, connection).enqueue(topic, 1, ONCE);
        Future<EnqueueReceipt> same = Lab.beside("same id", () -> queue.enqueue(topic, 2, ONCE));

        for (int i = 0; i < 20; i++) {
            int n = i;
            assertThat(Timed.of(() -> assertThat(
                                    queue.enqueue(topic, n, EnqueueOptions.DEFAULT.deduplicationId("other-" + n))
                                            .duplicate())
                            .isFalse()))
                    .as("how long an enqueue with another id took")
                    .isLessThan(HELD_UP);
        }
        assertThat(same).isNotDone();
        connection.commit();

        assertThat(same.get(10, TimeUnit.SECONDS).duplicate()).isTrue();
    }

    @Test
    void theConnectionIsLeftAsItWas() throws Exception {
        int isolation = connection.getTransactionIsolation();

        JdbcBackgroundQueue.within(queue, connection).enqueue(topic, 1, ONCE);

        assertThat(connection.getAutoCommit()).isFalse();
        assertThat(connection.isClosed()).isFalse();
        assertThat(connection.getTransactionIsolation()).isEqualTo(isolation);
        assertThat(lab.number("SELECT count(*) FROM bq_task")).isZero();
    }

    @Test
    void aSerializableTransactionIsJoinedToo() throws Exception {
        connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);

        JdbcBackgroundQueue.within(queue, connection).enqueue(topic, 1, ONCE);
        connection.commit();

        assertThat(queue.admin().stats(topic).ready()).hasValue(1);
    }

    @Test
    void aConnectionThatCommitsByItselfIsRefused() throws Exception {
        connection.setAutoCommit(true);

        QueueException refused = catchThrowableOfType(QueueException.class, () -> {
            JdbcBackgroundQueue.within(queue, connection).enqueue(topic, 1);
        });

        assertThat(refused.kind()).isEqualTo(Kind.INVALID);
        assertThat(refused).hasMessageContaining("setAutoCommit(false)");
        assertThat(lab.number("SELECT count(*) FROM bq_task")).isZero();
        connection.setAutoCommit(false);
    }

    @Test
    void aClosedConnectionIsToldAndNothingIsStored() throws Exception {
        Connection closed = Raw.connection(lab.rawUrl());
        closed.setAutoCommit(false);
        closed.close();

        assertThatThrownBy(() -> JdbcBackgroundQueue.within(queue, closed).enqueue(topic, 1))
                .isInstanceOf(QueueException.class);
        assertThat(lab.number("SELECT count(*) FROM bq_task")).isZero();
    }

    @Test
    void itIsDeclared() {
        assertThat(queue.capabilities().has(Feature.TRANSACTIONAL_ENQUEUE)).isTrue();
    }
}
