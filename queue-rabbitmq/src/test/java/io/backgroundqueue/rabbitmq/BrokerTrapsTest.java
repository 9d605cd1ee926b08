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
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Traps Q5, Q8 and Q11: what a broker does that is restarted, takes tasks away, is short of room, or does not answer. */
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
    void aLeaseEndsByTheHeartbeatThatTheBrokerWants() throws Exception {
        Ahead time = new Ahead();
        heartbeat(5);
        try (Lab stopped = new Lab(broker.url(), time)) {
            stopped.sent(Lab.task(topic));
            RabbitMQReceiver receiver = stopped.receiver(topic);
            Delivery.Task held = Lab.taken(receiver, 1).get(0);
            assertThat(receiver.extend(List.of(held))).isEmpty();
            time.advance(Duration.ofSeconds(11));

            assertThat(receiver.extend(List.of(held)))
                    .as("lost after two of five seconds, not two of ten")
                    .containsExactly(held);
            assertThat(receiver.settle(List.of(new Settlement.Ack(held)))).containsExactly(Outcome.STALE);
        } finally {
            heartbeat(60);
        }
    }

    private static void heartbeat(int seconds) throws Exception {
        broker.tool("rabbitmqctl", "eval", "application:set_env(rabbit, heartbeat, " + seconds + ").");
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

    @Test
    void aQueueThatConfirmsNothingHoldsUpSendsToOthersOnceAndGetsNothingTwice() throws Exception {
        String other = lab.topic();
        lab.sent(Lab.task(topic), Lab.task(other));
        silence(topic, 2);
        try {
            Duration first = took(() -> assertThat(
                            failed(lab.send(Lab.task(other), Lab.task(topic)).get(1)))
                    .isEqualTo(ErrorClass.OUTCOME_UNKNOWN));
            assertThat(first).isLessThan(Lab.TIMEOUT.minusSeconds(3));
            Duration second = took(() -> {
                List<SendResult> results = lab.send(Lab.task(topic), Lab.task(other));
                assertThat(failed(results.get(0))).isEqualTo(ErrorClass.TRANSIENT);
                assertThat(results.get(1)).isEqualTo(SendResult.ACCEPTED);
            });
            assertThat(second).isLessThan(Duration.ofSeconds(3));
        } finally {
            resume(topic, 2);
        }
        Patience.standard()
                .eventually(
                        () -> lab.send(Lab.task(topic)).contains(SendResult.ACCEPTED),
                        () -> "the queue should be sent to again");
        RabbitMQReceiver receiver = lab.receiver(topic);
        assertThat(Lab.taken(receiver, 3)).hasSize(3);
        assertThat(receiver.receive(10, Duration.ofMillis(300))).isEmpty();
    }

    @Test
    void aQueueThatAnswersNothingCostsOtherTopicsNoLease() throws Exception {
        String other = lab.topic();
        lab.sent(Lab.task(topic), Lab.task(other));
        RabbitMQReceiver healthy = lab.receiver(other);
        Delivery.Task running = Lab.taken(healthy, 1).get(0);
        silence(topic, 2);
        try {
            RabbitMQReceiver receiver = lab.receiver(topic);
            for (int i = 0; i < 3; i++) {
                assertThat(took(() -> assertThat(looked(receiver)).isEmpty())).isLessThan(Lab.TIMEOUT);
                healthy.receive(1, Duration.ZERO);
            }
            assertThat(healthy.extend(List.of(running))).isEmpty();
            assertThat(healthy.settle(List.of(new Settlement.Ack(running)))).containsExactly(Outcome.DONE);
            resume(topic, 2);
            assertThat(takenAnyhow(receiver)).isNotEmpty();
        } finally {
            resume(topic, 2);
        }
    }

    @Test
    void aQueueThatCannotBeDeclaredCostsOtherTopicsNoLeaseAndNoConfirm() throws Exception {
        String other = lab.topic();
        lab.sent(Lab.task(other));
        RabbitMQReceiver healthy = lab.receiver(other);
        Delivery.Task running = Lab.taken(healthy, 1).get(0);
        everyNewQueue("suspend");
        try {
            assertThat(took(() ->
                            assertThat(failed(lab.send(Lab.task(topic)).get(0))).isEqualTo(ErrorClass.TRANSIENT)))
                    .isLessThan(Lab.TIMEOUT);
            RabbitMQReceiver receiver = lab.receiver(topic);
            assertThat(took(() -> assertThat(looked(receiver)).isEmpty())).isLessThan(Lab.TIMEOUT);
            lab.sent(Lab.task(other));
            assertThat(healthy.settle(List.of(new Settlement.Ack(running)))).containsExactly(Outcome.DONE);
        } finally {
            everyNewQueue("resume");
        }
        Patience.standard()
                .eventually(
                        () -> lab.send(Lab.task(topic)).contains(SendResult.ACCEPTED),
                        () -> "the queue should be declared at last");
    }

    @Test
    void aLaneThatIsFullByAPolicyRefusesTasksAndDropsNone() throws Exception {
        lab.sent(Lab.task(topic));
        broker.tool("rabbitmqctl", "set_policy", "full", "^bq[.]" + topic + "[.]l2$", "{\"max-length\":1}");
        AtomicInteger stored = new AtomicInteger(1);
        try {
            Patience.standard()
                    .eventually(
                            () -> {
                                SendResult result = lab.send(Lab.task(topic)).get(0);
                                stored.addAndGet(result.equals(SendResult.ACCEPTED) ? 1 : 0);
                                return result instanceof SendResult.Failed failed
                                        && failed.errorClass() == ErrorClass.THROTTLED;
                            },
                            () -> "the lane should be full");
            RabbitMQReceiver receiver = lab.receiver(topic);
            assertThat(Lab.taken(receiver, stored.get())).hasSize(stored.get());
        } finally {
            broker.tool("rabbitmqctl", "clear_policy", "full");
        }
    }

    /** As if it had lost its leader. */
    private static void silence(String topic, int lane) throws Exception {
        broker.tool("rabbitmqctl", "eval", "sys:suspend('%2F_" + RawRabbitMQ.lane(topic, lane) + "').");
    }

    private static void resume(String topic, int lane) throws Exception {
        broker.tool("rabbitmqctl", "eval", "sys:resume('%2F_" + RawRabbitMQ.lane(topic, lane) + "').");
    }

    /** Whoever starts the members of queues. */
    private static void everyNewQueue(String call) throws Exception {
        broker.tool(
                "rabbitmqctl",
                "eval",
                "[sys:" + call
                        + "(Name) || Name <- registered(), lists:suffix(\"server_sup_sup\", atom_to_list(Name))].");
    }

    /** What is there, if the broker answers. */
    private static List<Delivery> looked(RabbitMQReceiver receiver) {
        try {
            return receiver.receive(1, Duration.ofMillis(100));
        } catch (IOException | InterruptedException unanswered) {
            return List.of();
        }
    }

    private static List<Delivery> takenAnyhow(RabbitMQReceiver receiver) throws Exception {
        List<Delivery> taken = new ArrayList<>();
        Patience.standard()
                .eventually(
                        () -> {
                            taken.addAll(looked(receiver));
                            return !taken.isEmpty();
                        },
                        () -> "the task should come when its queue answers again");
        return taken;
    }

    private static ErrorClass failed(SendResult result) {
        return ((SendResult.Failed) result).errorClass();
    }

    private interface Step {
        void run() throws Exception;
    }

    private static Duration took(Step step) throws Exception {
        long begin = System.nanoTime();
        step.run();
        return Duration.ofNanos(System.nanoTime() - begin);
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
