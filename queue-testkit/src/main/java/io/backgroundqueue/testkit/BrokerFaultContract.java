package io.backgroundqueue.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.Capabilities.Durability;
import io.backgroundqueue.Feature;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.QueueHooks;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.QueuedHook;
import io.backgroundqueue.ShutdownReport;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.WorkerOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Chapter 15 of {@code docs/contract.md}: faults, each balanced by a {@link Ledger} with nothing lost; duplicates go into
 * the report as numbers. {@code -Dbq.rounds} repeats the random ones, {@code -Dbq.tasks} and {@code -Dbq.failing} change
 * how many tasks there are where there are many.
 *
 * <p>What needs another process is skipped where the harness has no URL, what hurts the broker where it has no {@link
 * BrokerControl}, and what happens on the network where that has no proxy.
 */
@Isolated("it kills the broker")
public abstract class BrokerFaultContract extends ProcessRules {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

    /** What any bounded call may take on top of its bound. */
    private static final Duration BEYOND = Duration.ofSeconds(10);

    /** For subclasses. */
    protected BrokerFaultContract() {}

    @Test
    @Rule("15.10")
    @Requires({Feature.DURABILITY, Feature.LEASE})
    public final void aBrokerThatIsKilledAndComesBackWithItsDataHasLostNothing() throws Exception {
        BrokerControl broker = broker();
        assumeTrue(
                capabilities().durability().compareTo(Durability.DISK) >= 0,
                "accepted tasks do not outlive a kill of this broker: "
                        + capabilities().durability());
        faults(() -> {
            broker.kill();
            passes(Duration.ofSeconds(1));
            broker.start();
        });
    }

    @Test
    @Rule("15.11")
    @Requires({Feature.DURABILITY, Feature.LEASE})
    public final void anOutageOfTheNetworkIsToldOnceAndSurvived() throws Exception {
        BrokerControl broker = broker();
        EventLog events = new EventLog(patience().times(4));
        BackgroundQueue working = open(options -> options.listener(events));
        RecordingHandler<String> handler = handler();
        working.consume(topic(), String.class, handler, leased());
        handler.awaitIds(enqueue(topic(), List.of("before"), PLAIN));

        broker.cutNetwork();
        TaskEvent.BackendLost lost = events.await(TaskEvent.BackendLost.class);
        passes(harness().shortLease().multipliedBy(3));
        List<TaskEvent.BackendLost> told = events.of(TaskEvent.BackendLost.class);
        broker.restoreNetwork();

        assertThat(told.stream()
                        .collect(Collectors.groupingBy(event -> event.topic() + event.part(), Collectors.counting()))
                        .values())
                .as("how often an outage is told per part: " + told)
                .containsOnly(1L);
        events.await(TaskEvent.BackendBack.class, back -> back.part().equals(lost.part()));
        String after = eventuallyEnqueued("after");
        patience()
                .times(4)
                .eventually(() -> handler.completed().contains(after), () -> "work does not go on: " + handler);
        drained(topic());
    }

    @Test
    @Rule({"15.12", "10.8"})
    @Requires(Feature.DURABILITY)
    public final void anEnqueueWithoutAConnectionFailsInTimeAndIsSurelyNotStored() throws Exception {
        BrokerControl broker = broker();
        BackgroundQueue producing =
                open(QueueOptions.builder().enqueueTimeout(TIMEOUT).build());
        RecordingHandler<String> handler = handler();
        queue().consume(topic(), String.class, handler);
        handler.awaitIds(List.of(producing.enqueue(topic(), "before").taskId()));
        broker.cutNetwork();

        long before = nanos();
        Throwable failure = catchThrowable(() -> producing.enqueue(topic(), "cut off"));
        Duration took = between(before, nanos());
        Throwable check = catchThrowable(() -> producing.admin().check());

        broker.restoreNetwork();
        assertThat(failure)
                .isInstanceOfSatisfying(
                        QueueException.class,
                        error -> assertThat(error.kind()).isIn(Kind.UNAVAILABLE, Kind.OUTCOME_UNKNOWN));
        assertThat(took).isLessThan(TIMEOUT.plus(slack()));
        assertThat(check).as("what the readiness check says").isInstanceOf(QueueException.class);
        String after = eventuallyEnqueued("after");
        patience()
                .times(4)
                .eventually(() -> handler.completed().contains(after), () -> "work does not go on: " + handler);
        if (failure instanceof QueueException error && error.kind() == Kind.UNAVAILABLE) {
            patience().never(() -> handler.payloads().contains("cut off"), () -> "what was surely not stored ran");
        }
    }

    @Test
    @Rule("15.13")
    @Requires(Feature.DURABILITY)
    public final void anEnqueueWhoseAnswerIsLostIsNeverSaidToBeSurelyNotStored() throws Exception {
        FaultProxy network = network();
        Ledger ledger = new Ledger();
        RecordingHandler<String> handler = handler();
        queue().consume(topic(), String.class, handler);
        BackgroundQueue producing =
                open(QueueOptions.builder().enqueueTimeout(TIMEOUT).build());
        producing.enqueue(topic(), "the connection is there");
        ledger.accepted("the connection is there");
        for (int i = 0; i < 10 * ROUNDS; i++) {
            String payload = "marked-" + i + "-end";
            network.loseReplyTo(payload);
            try {
                producing.enqueue(topic(), payload, PLAIN.header("marker", payload));
                ledger.accepted(payload);
            } catch (QueueException error) {
                assertThat(error.kind()).isIn(Kind.OUTCOME_UNKNOWN, Kind.UNAVAILABLE);
                if (error.kind() == Kind.OUTCOME_UNKNOWN) {
                    assertThat(error.taskId()).isPresent();
                    ledger.unknown(payload);
                }
            }
            assertThat(network.armed())
                    .as("the reply to " + payload + " is still to be lost")
                    .isFalse();
        }

        List<String> accepted = ledger.acceptedKeys();
        patience().times(4).eventually(() -> handler.payloads().containsAll(accepted), () -> "lost: " + handler);
        drained(topic());
        balance(1, ledger, List.of(handler));
    }

    @Test
    @Rule("15.14")
    @Requires({Feature.DURABILITY, Feature.LEASE})
    public final void lostAnswersLoseNoTask() throws Exception {
        FaultProxy network = network();
        faults(() -> {
            for (int i = 0; i < 20; i++) {
                network.loseNextReply();
                passes(Duration.ofMillis(20 + random().nextInt(100)));
            }
        });
    }

    @Test
    @Rule("15.14")
    @Requires({Feature.DURABILITY, Feature.LEASE})
    public final void requestsCutInTheMiddleLoseNoTask() throws Exception {
        FaultProxy network = network();
        faults(() -> {
            for (int i = 0; i < 20; i++) {
                network.cutAfterRequestBytes(1 + random().nextInt(3_000));
                passes(Duration.ofMillis(20 + random().nextInt(100)));
            }
        });
    }

    @Test
    @Rule("15.15")
    @Requires({Feature.DURABILITY, Feature.LEASE})
    public final void aConnectionThatSwallowsEverythingLosesNoTask() throws Exception {
        FaultProxy network = network();
        faults(() -> {
            network.blackHole();
            passes(harness().shortLease().multipliedBy(2));
            network.restore();
        });
    }

    @Test
    @Rule("15.15")
    @Requires({Feature.DURABILITY, Feature.LEASE})
    public final void repliesThatNeverComeLoseNoTask() throws Exception {
        FaultProxy network = network();
        faults(() -> {
            network.drop(FaultProxy.Direction.TO_CLIENT);
            passes(harness().shortLease().multipliedBy(2));
            network.restore();
        });
    }

    @Test
    @Rule("15.16")
    @Requires({Feature.DURABILITY, Feature.LEASE})
    public final void closingWhileTheBrokerIsAwayEndsInTime() throws Exception {
        BrokerControl broker = broker();
        RecordingHandler<String> handler = handler();
        BackgroundQueue closing =
                open(QueueOptions.builder().enqueueTimeout(TIMEOUT).build());
        closing.consume(topic(), String.class, handler, leased());
        handler.hold();
        String id = closing.enqueue(topic(), "held").taskId();
        handler.awaitStarted(1);
        broker.cutNetwork();
        handler.letGo();

        long before = nanos();
        ShutdownReport report = closing.shutdown(Duration.ofSeconds(1));
        Duration took = between(before, nanos());

        broker.restoreNetwork();
        note("shutdown without a broker", took + " " + report);
        assertThat(took).isLessThan(Duration.ofSeconds(1).plus(BEYOND).plus(slack()));
        RecordingHandler<String> second = handler();
        queue().consume(topic(), String.class, second, leased());
        String next = eventuallyEnqueued("next");
        patience().times(4).eventually(() -> second.completed().contains(next), () -> "work does not go on: " + second);
        drained(topic());
        assertThat(handler.completed().contains(id) || second.completed().contains(id))
                .isTrue();
    }

    @Test
    @Rule("15.17")
    public final void openingWithoutABrokerFailsInTime() throws Exception {
        BrokerControl broker = broker();
        assumeTrue(harness().url().isPresent(), "no URL opens this backend");
        String url = harness().url().orElseThrow();
        broker.cutNetwork();

        long before = nanos();
        refused(Kind.UNAVAILABLE, () -> BackgroundQueues.open(url).close());

        assertThat(between(before, nanos())).isLessThan(CONNECT_TIMEOUT.plus(slack()));
        broker.restoreNetwork();
        closeLater(BackgroundQueues.open(url)).admin().check();
    }

    @Test
    @Rule("15.18")
    public final void aHookWithoutAConnectionReturnsAtOnceAndTellsItsFailure() throws Exception {
        BrokerControl broker = broker();
        BackgroundQueue producing =
                open(QueueOptions.builder().enqueueTimeout(TIMEOUT).build());
        producing.enqueue(topic(), "the connection is there");
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        QueuedHook<String> hook = QueueHooks.<String>queueHook(producing, topic(), argument -> argument)
                .onFailure((argument, error) -> failures.add(error));
        broker.cutNetwork();

        long before = nanos();
        for (int i = 0; i < 10; i++) {
            hook.accept("cut off");
        }
        Duration took = between(before, nanos());

        assertThat(took).as("ten calls of the hook").isLessThan(TIMEOUT.dividedBy(2));
        patience().times(2).eventually(() -> failures.size() == 10, () -> "failures told: " + failures);
        broker.restoreNetwork();
        assertThat(failures)
                .allSatisfy(error ->
                        assertThat(((QueueException) error).kind()).isIn(Kind.UNAVAILABLE, Kind.OUTCOME_UNKNOWN));
    }

    @Test
    @Rule("15.19")
    public final void manyTasksUseFewConnections() throws Exception {
        FaultProxy network = network();
        RecordingHandler<Integer> handler = handler();
        BackgroundQueue queue = queue();
        String topic = topic();
        queue.consume(topic, Integer.class, handler, WorkerOptions.DEFAULT.concurrency(20));
        List<CompletableFuture<Integer>> producers = new ArrayList<>();
        for (int thread = 0; thread < 20; thread++) {
            producers.add(async(() -> {
                for (int i = 0; i < 250; i++) {
                    queue.enqueue(topic, i);
                }
                return 250;
            }));
        }
        for (CompletableFuture<Integer> producer : producers) {
            producer.get(patience().eventually().toSeconds() * 4, TimeUnit.SECONDS);
        }

        patience().times(4).eventually(() -> handler.ended() >= 5_000, () -> "not all ran: " + handler);
        note("connections made for 5,000 tasks", network.connections());
        assertThat(network.connections()).isLessThan(100);
    }

    /** Something that happens while producers and a worker are busy. */
    @FunctionalInterface
    private interface Fault {
        void strike() throws Exception;
    }

    /** Lets a fault strike in each round while producers and a worker are busy; nothing may be lost by it. */
    private void faults(Fault fault) throws Exception {
        for (int round = 1; round <= ROUNDS; round++) {
            String topic = newTopic();
            RecordingHandler<String> handler = handler();
            queue().consume(topic, String.class, handler, leased().concurrency(8));
            BackgroundQueue producing =
                    open(QueueOptions.builder().enqueueTimeout(TIMEOUT).build());
            Traffic traffic = closeLater(new Traffic(producing, topic, 4));
            more(traffic, 200);

            fault.strike();

            more(traffic, 200);
            traffic.stop();
            note("failed sends in round " + round, traffic.failed());
            assertThat(traffic.longest()).as("the longest enqueue").isLessThan(TIMEOUT.plus(slack()));
            untilAllRan(traffic, List.of(handler));
            drained(topic);
            balance(round, traffic.ledger(), List.of(handler));
        }
    }

    private void more(Traffic traffic, int count) throws Exception {
        int wanted = traffic.accepted() + count;
        patience()
                .times(4)
                .eventually(
                        () -> traffic.accepted() >= wanted,
                        () -> "enqueueing does not go on: " + traffic.failed() + " sends failed");
    }

    /** The id of a task that is accepted in the end, as soon as the broker answers again. */
    private String eventuallyEnqueued(String payload) throws Exception {
        String[] id = {""};
        patience()
                .times(4)
                .eventually(
                        () -> {
                            id[0] = enqueued(payload);
                            return !id[0].isEmpty();
                        },
                        () -> "enqueueing does not go on");
        return id[0];
    }

    private String enqueued(String payload) throws Exception {
        try {
            return queue().enqueue(topic(), payload).taskId();
        } catch (QueueException stillAway) {
            assertThat(stillAway.kind()).isIn(Kind.UNAVAILABLE, Kind.OUTCOME_UNKNOWN);
            return "";
        }
    }

    private BrokerControl broker() {
        assumeTrue(harness().broker().isPresent(), "the broker is not ours to hurt");
        return harness().broker().orElseThrow();
    }

    private FaultProxy network() {
        assumeTrue(broker().proxy().isPresent(), "no proxy stands between the drivers and this broker");
        return closeLater(new Restored(broker().proxy().orElseThrow())).proxy();
    }

    /** Ends all faults with the test. */
    private record Restored(FaultProxy proxy) implements AutoCloseable {
        @Override
        public void close() {
            proxy.restore();
        }
    }
}
