package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.PriorStarts;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.testkit.FaultProxy;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A claim whose answer was lost, at a receiver that wants no more tasks then: nobody would renew or run what it took. */
class DoubtTest {
    private Lab lab;
    private FaultProxy proxy;
    private QueueDriver direct;
    private Receiver receiver;
    private List<Envelope> tasks;

    @BeforeEach
    void loseTheAnswerToAClaim() throws Exception {
        lab = Lab.on(LabDatabase.POSTGRESQL);
        proxy = lab.closeLater(Lab.proxy(lab.rawUrl()));
        direct = lab.closeLater(Lab.opened(lab.url()));
        QueueDriver driver = lab.closeLater(Lab.opened(Lab.through(proxy, lab.with("listen=false"))));
        String topic = Lab.newTopic("doubt");
        tasks = Lab.sent(driver, Lab.tasks(topic, 3));
        receiver = lab.receiver(driver, topic, Duration.ofMinutes(5));
        proxy.loseReplyTo(topic);
        assertThatThrownBy(() -> Lab.now(receiver, 3)).isInstanceOf(Exception.class);
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void parkingGivesItsTasksBackAtOnce() throws Exception {
        receiver.park();

        assertOthersGetThem();
    }

    @Test
    void soDoesReceivingNothing() throws Exception {
        assertThat(Lab.now(receiver, 0)).isEmpty();

        assertOthersGetThem();
    }

    private void assertOthersGetThem() throws Exception {
        List<Delivery> found = Lab.next(lab.receiver(direct, tasks.get(0).topic()), 3);
        assertThat(Lab.ids(found)).isEqualTo(Lab.taskIds(tasks));
        assertThat(found)
                .allSatisfy(delivery ->
                        assertThat(((Delivery.Task) delivery).starts()).isEqualTo(PriorStarts.ZERO));
    }
}
