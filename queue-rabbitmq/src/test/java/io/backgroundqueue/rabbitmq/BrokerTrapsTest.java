package io.backgroundqueue.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchException;

import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Settlement;
import io.backgroundqueue.testkit.Brokers;
import io.backgroundqueue.testkit.Patience;
import io.backgroundqueue.testkit.RunningBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Traps Q5, Q8 and Q11: what a broker does that is restarted, takes tasks away, or is short of room. */
@Execution(ExecutionMode.SAME_THREAD)
class BrokerTrapsTest {
    private static final Duration SHORT = Duration.ofSeconds(2);
    private static RunningBroker broker;

    private Lab lab;
    private String topic;

    @BeforeAll
    static void start() throws Exception {
        broker = Brokers.own("rabbitmq");
    }

    @AfterAll
    static void end() {
        broker.close();
    }

    @BeforeEach
    void open() {
        lab = new Lab(broker.url());
        topic = lab.topic();
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void delayedTasksAllComeAndNoneEarlyWhenTheBrokerStopsMeanwhile() throws Exception {
        Envelope[] tasks = IntStream.range(0, 30)
                .mapToObj(i -> Lab.task(topic, Start.after(Duration.ofMillis(100 + 300L * i)), Map.of()))
                .toArray(Envelope[]::new);
        long sent = System.nanoTime();
        lab.sent(tasks);
        broker.tool("rabbitmqctl", "stop_app");
        broker.tool("rabbitmqctl", "start_app");
        RabbitMQReceiver receiver = lab.receiver(topic);
        Map<String, Duration> came = new HashMap<>();
        while (came.size() < tasks.length) {
            Delivery.Task task = Lab.taken(receiver, 1).get(0);
            came.putIfAbsent(task.envelope().taskId(), Duration.ofNanos(System.nanoTime() - sent));
            receiver.settle(List.of(new Settlement.Ack(task)));
        }

        for (int i = 0; i < tasks.length; i++) {
            assertThat(came.get(tasks[i].taskId()))
                    .as("when task " + i + " came")
                    .isGreaterThanOrEqualTo(Duration.ofMillis(100 + 300L * i));
        }
    }

    @Test
    void aTaskThatIsHeldTooLongIsStaleAndComesAgainToTheSameReceiver() throws Exception {
        takesAwayAfter(3_000, 1_000);
        try {
            takenAway();
        } finally {
            takesAwayAfter(1_800_000, 60_000);
        }
    }

    private void takenAway() throws Exception {
        lab.sent(Lab.task(topic));
        RabbitMQReceiver receiver = lab.receiver(topic);
        Delivery.Task held = Lab.taken(receiver, 1).get(0);
        Patience.standard()
                .eventually(
                        () -> receiver.extend(List.of(held)).contains(held),
                        () -> "the broker should take the task away");

        assertThat(receiver.settle(List.of(new Settlement.Ack(held)))).containsExactly(Outcome.STALE);
        Delivery.Task again = Lab.taken(receiver, 1).get(0);
        assertThat(again.envelope().taskId()).isEqualTo(held.envelope().taskId());
        assertThat(receiver.settle(List.of(new Settlement.Ack(again)))).containsExactly(Outcome.DONE);
        assertThat(receiver.receive(1, Duration.ofMillis(300))).isEmpty();
    }

    /** From the next channel on; in milliseconds, and how often it looks. */
    private static void takesAwayAfter(int held, int look) throws Exception {
        broker.tool(
                "rabbitmqctl",
                "eval",
                "application:set_env(rabbit, consumer_timeout, " + held
                        + "), application:set_env(rabbit, channel_tick_interval, " + look + ").");
    }

    @Test
    void whereThereIsNoRoomSendsEndInTimeAcknowledgementsGoOnAndAllGoesOnLater() throws Exception {
        lab.sent(Lab.task(topic), Lab.task(topic));
        RabbitMQReceiver receiver = lab.receiver(topic);
        List<Delivery.Task> tasks = Lab.taken(receiver, 2);
        broker.tool("rabbitmqctl", "set_disk_free_limit", "999000000000000");

        assertThat(sendClass()).isIn(ErrorClass.OUTCOME_UNKNOWN, ErrorClass.THROTTLED);
        assertThat(sendClass()).isEqualTo(ErrorClass.THROTTLED);
        assertThat(receiver.settle(List.of(new Settlement.Ack(tasks.get(0))))).containsExactly(Outcome.DONE);
        assertThat(receiver.settle(List.of(later(tasks.get(1)))))
                .singleElement()
                .isInstanceOf(Outcome.Failed.class);

        broker.tool("rabbitmqctl", "set_disk_free_limit", "50000000");
        Patience.standard()
                .eventually(
                        () -> receiver.settle(List.of(later(tasks.get(1)))).contains(Outcome.DONE),
                        () -> "the retry should be stored when there is room again");
        lab.sent(Lab.task(topic));
    }

    private static Settlement later(Delivery.Task task) {
        return new Settlement.Later(task, task.progress(), Start.now());
    }

    private ErrorClass sendClass() {
        long begin = System.nanoTime();
        List<SendResult> results = new ArrayList<>();
        Exception thrown = catchException(() -> results.addAll(lab.driver.send(List.of(Lab.task(topic)), SHORT)));
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(SHORT.plusSeconds(2));
        return thrown == null ? ((SendResult.Failed) results.get(0)).errorClass() : lab.driver.classify(thrown);
    }
}
