package io.backgroundqueue.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.RetryLaterException;
import io.backgroundqueue.RetryPolicy;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.Time;
import io.backgroundqueue.Worker;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.brokers.RedisServer;
import io.backgroundqueue.redis.RedisPubSubDriver.EventBound;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.QueueUrl;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.testkit.EventLog;
import io.backgroundqueue.testkit.FaultProxy;
import io.backgroundqueue.testkit.Patience;
import io.backgroundqueue.testkit.RecordingHandler;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.RedisClient;

class RedisPubSubTest {
    private static final Patience PATIENCE = Patience.standard();
    private static final ReceiverOptions RECEIVER = new ReceiverOptions(
            10,
            OptionalInt.empty(),
            100,
            1 << 20,
            Duration.ofSeconds(30),
            Duration.ofSeconds(3),
            Duration.ofSeconds(10),
            "worker");

    private static RedisServer server;

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private String topic;

    @BeforeAll
    static void startAServer() throws Exception {
        server = RedisServer.launch();
    }

    @AfterAll
    static void endTheServer() {
        server.close();
    }

    @BeforeEach
    void nameTheTopic(TestInfo test) {
        topic = test.getTestMethod().orElseThrow().getName();
    }

    @AfterEach
    void closeAll() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }

    @Test
    void everyListenerGetsEveryEventOnce() throws Exception {
        List<RecordingHandler<String>> listeners = List.of(listening(queue()), listening(queue()), listening(queue()));
        BackgroundQueue publisher = queue();

        List<String> ids = published(publisher, 50);

        for (RecordingHandler<String> listener : listeners) {
            listener.awaitIds(ids);
            PATIENCE.never(() -> listener.started() > 50, () -> "an event came twice: " + listener);
        }
    }

    @Test
    void anEventThatNobodyListensToIsAcceptedAndGone() throws Exception {
        BackgroundQueue queue = queue();

        EnqueueReceipt receipt = queue.enqueue(topic, "unheard");

        assertThat(receipt.status()).isEqualTo(EnqueueReceipt.Status.ACCEPTED);
        assertThat(receipt.position()).isEmpty();
        RecordingHandler<String> late = listening(queue);
        String heard = queue.enqueue(topic, "heard").taskId();
        late.awaitIds(List.of(heard));
        assertThat(late.payloads()).containsExactly("heard");
    }

    @Test
    void aFailureIsToldAndTheEventRunsNoSecondTime() throws Exception {
        EventLog log = new EventLog();
        BackgroundQueue queue = queue(QueueOptions.builder().listener(log).build());
        RecordingHandler<String> handler = new RecordingHandler<>(task -> {
            throw task.payload().equals("later")
                    ? new RetryLaterException(Duration.ofMillis(1))
                    : new IllegalStateException("as told");
        });
        queue.consume(topic, String.class, handler);

        List<String> ids = List.of(
                queue.enqueue(topic, "failing").taskId(),
                queue.enqueue(topic, "later").taskId());

        List<TaskEvent.Dropped> dropped = log.await(TaskEvent.Dropped.class, 2);
        assertThat(dropped).extracting(event -> event.taskId().orElseThrow()).containsExactlyInAnyOrderElementsOf(ids);
        assertThat(dropped).extracting(TaskEvent.Dropped::reason).containsOnly(DeadReason.ATTEMPTS_EXHAUSTED);
        PATIENCE.never(() -> handler.started() > 2, () -> "an event ran twice: " + handler);
    }

    @Test
    void aSlowListenerLosesTheOldestEventsAndHoldsUpNobody() throws Exception {
        BackgroundQueue slow = closeLater(RedisPubSubBackgroundQueue.builder()
                .url(url())
                .buffer(10)
                .concurrency(1)
                .build());
        RecordingHandler<String> held = new RecordingHandler<>();
        held.hold();
        slow.consume(topic, String.class, held);
        closeLater(held);
        RecordingHandler<String> quick = listening(queue());
        BackgroundQueue publisher = queue();
        published(publisher, 1);
        held.awaitStarted(1);

        List<String> ids = published(publisher, 100);
        quick.awaitIds(ids);

        held.letGo();
        held.awaitIds(ids.subList(90, 100));
        PATIENCE.never(() -> held.started() > 11, () -> "more events than there was room for: " + held);
        assertThat(held.completed()).endsWith(ids.subList(90, 100).toArray(String[]::new));
    }

    @Test
    void afterARestartOfTheServerListenersHearAgain() throws Exception {
        try (RedisServer own = RedisServer.launch()) {
            EventLog log = new EventLog();
            String url = "redis+pubsub://" + own.host() + ":" + own.port();
            try (BackgroundQueue queue = BackgroundQueues.open(
                    url, QueueOptions.builder().listener(log).build())) {
                RecordingHandler<String> handler = listening(queue);
                handler.awaitIds(List.of(queue.enqueue(topic, "before").taskId()));

                own.kill();
                log.await(TaskEvent.BackendLost.class, lost -> lost.part().equals("subscription"));
                own.start();
                log.await(TaskEvent.BackendBack.class, back -> back.part().equals("subscription"));

                // A connection that was idle during the restart may cost the first event its answer.
                PATIENCE.eventually(() -> taken(queue, "after"), () -> "no event is taken after the restart");
                PATIENCE.eventually(() -> handler.payloads().contains("after"), () -> "not heard: " + handler);
                assertThat(log.of(TaskEvent.BackendLost.class))
                        .filteredOn(lost -> lost.part().equals("subscription"))
                        .hasSize(1);
            }
        }
    }

    @Test
    void aSilentConnectionIsReplaced() throws Exception {
        try (FaultProxy proxy = FaultProxy.to(server.host(), server.port())) {
            EventLog log = new EventLog(PATIENCE.times(2));
            BackgroundQueue queue = closeLater(BackgroundQueues.open(
                    "redis+pubsub://" + proxy.host() + ":" + proxy.port(),
                    QueueOptions.builder().listener(log).build()));
            RecordingHandler<String> handler = listening(queue);

            proxy.drop(FaultProxy.Direction.TO_CLIENT);
            log.await(TaskEvent.BackendLost.class, lost -> lost.part().equals("subscription"));
            proxy.restore();
            log.await(TaskEvent.BackendBack.class, back -> back.part().equals("subscription"));

            handler.awaitIds(List.of(queue().enqueue(topic, "after").taskId()));
        }
    }

    @Test
    void anEventWhoseAnswerWasLostIsNotPublishedAgain() throws Exception {
        try (FaultProxy proxy = FaultProxy.to(server.host(), server.port())) {
            RecordingHandler<String> handler = listening(queue());
            BackgroundQueue publisher =
                    closeLater(BackgroundQueues.open("redis+pubsub://" + proxy.host() + ":" + proxy.port()));
            proxy.loseReplyTo("doubtful");

            QueueException failure =
                    catchThrowableOfType(QueueException.class, () -> publisher.enqueue(topic, "doubtful"));

            assertThat(failure.kind()).isEqualTo(Kind.OUTCOME_UNKNOWN);
            handler.awaitIds(List.of(failure.taskId().orElseThrow()));
            PATIENCE.never(() -> handler.started() > 1, () -> "the event was published again: " + handler);
            handler.awaitIds(List.of(publisher.enqueue(topic, "next").taskId()));
        }
    }

    @Test
    void eventsThatArriveDuringAPauseRunAfterIt() throws Exception {
        BackgroundQueue queue = queue();
        RecordingHandler<String> handler = new RecordingHandler<>();
        Worker worker = queue.consume(topic, String.class, handler);
        worker.pause();

        List<String> ids = published(queue, 5);
        PATIENCE.never(() -> handler.started() > 0, () -> "a paused worker runs: " + handler);
        worker.resume();

        handler.awaitIds(ids);
    }

    @Test
    void whatHadArrivedAndWasNotSettledIsLostAtCloseAndCounted() throws Exception {
        RedisSettings settings = RedisSettings.of(QueueUrl.parse(url()));
        try (QueueDriver driver = RedisPubSubDriver.open(settings, EventBound.DEFAULT, Time.system())) {
            Receiver receiver = driver.receiver(topic, RECEIVER);
            published(queue(), 5);
            receiver.receive(0, Duration.ZERO); // asks for the sign of life that ends the turn
            receiver.duties().get(0).turn();
            assertThat(receiver.receive(2, Duration.ZERO)).hasSize(2);

            receiver.close();

            assertThat(driver.lostAtClose()).isEqualTo(5);
        }
    }

    @Test
    void everyOptionThatNeedsAMemoryIsRefusedWithWhatToDoInstead() {
        BackgroundQueue queue = queue();
        List<EnqueueOptions> wanted = List.of(
                EnqueueOptions.DEFAULT.priority(3),
                EnqueueOptions.DEFAULT.delay(Duration.ofSeconds(1)),
                EnqueueOptions.DEFAULT.runAt(Instant.now().plusSeconds(60)),
                EnqueueOptions.DEFAULT.attempts(2),
                EnqueueOptions.DEFAULT.deduplicationId("id"),
                EnqueueOptions.DEFAULT.expiresAfter(Duration.ofSeconds(1)));

        wanted.forEach(options -> refused("redis://", () -> queue.enqueue(topic, "event", options)));
        refused("concurrency(1)", () -> queue.enqueue(topic, "event", EnqueueOptions.DEFAULT.orderingKey("key")));
        List<WorkerOptions> workers = List.of(
                WorkerOptions.DEFAULT.attempts(2),
                WorkerOptions.DEFAULT.retryPolicy(RetryPolicy.fixed(Duration.ofSeconds(1))),
                WorkerOptions.DEFAULT.leaseDuration(Duration.ofSeconds(10)),
                WorkerOptions.DEFAULT.maxInterruptions(2));
        workers.forEach(options -> refused("redis://", () -> queue.consume(topic, String.class, task -> {}, options)));
        refused("redis://", () -> queue.admin().stats(topic));
        refused("redis://", () -> queue.admin().cancel(topic, "id"));
        refused("redis://", () -> queue.admin().listDeadLetters(topic, 1));
    }

    @Test
    void databasesAndUnknownParametersAreRefused() {
        assertThatThrownBy(() -> BackgroundQueues.open(url() + "/3"))
                .isInstanceOf(QueueException.class)
                .hasMessageContainingAll("database is 3", "prefix");
        assertThatThrownBy(() -> BackgroundQueues.open(url() + "?durability=fsynced"))
                .isInstanceOf(QueueException.class)
                .hasMessageContainingAll("durability", "buffer", "prefix");
        assertThatThrownBy(() -> RedisPubSubBackgroundQueue.builder().url("redis://localhost"))
                .isInstanceOf(QueueException.class)
                .hasMessageContaining("redis+pubsub:");
    }

    @Test
    void queuesOfAnotherPrefixHearNothing() throws Exception {
        RecordingHandler<String> other = listening(closeLater(BackgroundQueues.open(url() + "?prefix=elsewhere")));
        RecordingHandler<String> here = listening(queue());

        here.awaitIds(published(queue(), 3));

        PATIENCE.never(() -> other.started() > 0, () -> "heard from another prefix: " + other);
    }

    @Test
    void aForeignEventRunsByTheWireFormatAndRubbishIsDropped() throws Exception {
        EventLog log = new EventLog();
        RecordingHandler<String> handler =
                listening(queue(QueueOptions.builder().listener(log).build()));
        try (RedisClient raw = RedisClient.create(server.host(), server.port())) {
            raw.publish("bq:" + topic, "{\"bqversion\":\"1\",\"id\":\"f-1\"}\n\"foreign\"");
            raw.publish("bq:" + topic, "rubbish");
        }

        handler.awaitIds(List.of("f-1"));
        assertThat(handler.payloads()).containsExactly("foreign");
        assertThat(log.await(TaskEvent.Dropped.class).reason()).isEqualTo(DeadReason.UNREADABLE);
    }

    @Test
    void aRawListenerReadsAnEventByTheWireFormat() throws Exception {
        RawListener listener = new RawListener();
        try (RedisClient raw = RedisClient.create(server.host(), server.port())) {
            CompletableFuture<Void> listening =
                    CompletableFuture.runAsync(() -> raw.subscribe(listener, "bq:" + topic));
            listener.subscribed.get(10, TimeUnit.SECONDS);

            String id = queue().enqueue(topic, "heard").taskId();

            String[] parts = listener.heard.get(10, TimeUnit.SECONDS).split("\n", 2);
            assertThat(parts[0]).contains("\"id\":\"" + id + "\"", "\"bqversion\":\"1\"");
            assertThat(parts[1]).isEqualTo("\"heard\"");
            listening.get(10, TimeUnit.SECONDS);
        }
    }

    /** Listens until it has heard something. */
    private static final class RawListener extends JedisPubSub {
        private final CompletableFuture<Void> subscribed = new CompletableFuture<>();
        private final CompletableFuture<String> heard = new CompletableFuture<>();

        @Override
        public void onSubscribe(String channel, int channels) {
            subscribed.complete(null);
        }

        @Override
        public void onMessage(String channel, String message) {
            heard.complete(message);
            unsubscribe();
        }
    }

    private static void refused(String instead, ThrowingCallable call) {
        QueueException refusal = catchThrowableOfType(QueueException.class, call);
        assertThat(refusal).isNotNull();
        assertThat(refusal.kind()).isEqualTo(Kind.UNSUPPORTED);
        assertThat(refusal.getMessage()).contains("redis-pubsub", instead);
    }

    private RecordingHandler<String> listening(BackgroundQueue queue) {
        RecordingHandler<String> handler = new RecordingHandler<>();
        queue.consume(topic, String.class, handler, WorkerOptions.DEFAULT);
        return closeLater(handler);
    }

    private boolean taken(BackgroundQueue queue, String event) {
        try {
            queue.enqueue(topic, event);
            return true;
        } catch (QueueException failed) {
            assertThat(failed.kind()).isEqualTo(Kind.OUTCOME_UNKNOWN);
            return false;
        }
    }

    private List<String> published(BackgroundQueue queue, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> queue.enqueue(topic, "event-" + i).taskId())
                .toList();
    }

    private BackgroundQueue queue() {
        return queue(QueueOptions.DEFAULT);
    }

    private BackgroundQueue queue(QueueOptions options) {
        return closeLater(BackgroundQueues.open(url(), options));
    }

    private <T extends AutoCloseable> T closeLater(T resource) {
        open.push(resource);
        return resource;
    }

    private static String url() {
        return "redis+pubsub://" + server.host() + ":" + server.port();
    }
}
