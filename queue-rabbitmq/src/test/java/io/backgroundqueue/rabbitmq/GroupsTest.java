package io.backgroundqueue.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueRequest;
import io.backgroundqueue.NonRetryableException;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.RetryPolicy;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.QueueUrl;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.testkit.Brokers;
import io.backgroundqueue.testkit.Patience;
import io.backgroundqueue.testkit.RecordingHandler;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Behind an exchange of the type topic or fanout each group gets each task once, and no other group's retries. */
class GroupsTest {
    private static final Patience PATIENCE = Patience.standard().times(2);
    private static final WorkerOptions OPTIONS =
            WorkerOptions.DEFAULT.retryPolicy(RetryPolicy.fixed(Duration.ofMillis(100)));
    private static final List<String> GROUPS = List.of("billing", "mail");

    private final String unique = UUID.randomUUID().toString().substring(0, 8);
    private final String exchange = "events-" + unique;
    private final String topic = "orders-" + unique;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private String url = "";

    @BeforeEach
    void findTheBroker() throws Exception {
        url = Brokers.shared("rabbitmq").url();
    }

    @AfterEach
    void deleteWhatWasDeclared() throws Exception {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
        try (RawRabbitMQ raw = new RawRabbitMQ(url)) {
            for (String group : GROUPS) {
                Names names = new Names(RabbitMQSettings.of(QueueUrl.parse(at("topic", group))));
                for (int lane = 0; lane < 3; lane++) {
                    raw.channel().queueDelete(names.lane(topic, lane));
                }
                raw.channel().queueDelete(names.dead(topic));
                raw.channel().exchangeDelete(names.groupExchange());
            }
            raw.channel().exchangeDelete(exchange);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"topic", "fanout"})
    void eachGroupGetsEachOfManyTasksOnceAndSharesThemAmongItsWorkers(String type) throws Exception {
        RecordingHandler<String> billing = consumed(type, "billing");
        RecordingHandler<String> more = consumed(type, "billing");
        RecordingHandler<String> mail = consumed(type, "mail");
        BackgroundQueue producer = open(type, "");
        probe(producer, List.of(billing, more, mail));

        List<String> payloads =
                IntStream.range(0, 1_000).mapToObj(i -> "task-" + i).toList();
        producer.enqueueAll(payloads.stream()
                        .map(payload -> new EnqueueRequest<>(topic, payload, options(payload)))
                        .toList())
                .forEach(result -> result.orThrow());

        PATIENCE.eventually(
                () -> tasks(List.of(billing, more)).size() >= 1_000
                        && tasks(List.of(mail)).size() >= 1_000,
                () -> "not all came: " + billing + more + mail);
        PATIENCE.never(
                () -> tasks(List.of(billing, more)).size() > 1_000
                        || tasks(List.of(mail)).size() > 1_000,
                () -> "a task ran twice");
        assertThat(tasks(List.of(billing, more))).containsExactlyInAnyOrderElementsOf(payloads);
        assertThat(tasks(List.of(mail))).containsExactlyInAnyOrderElementsOf(payloads);
    }

    @ParameterizedTest
    @ValueSource(strings = {"topic", "fanout"})
    void retriesAndDeadLettersOfOneGroupAreNoneOfAnothers(String type) throws Exception {
        BackgroundQueue queue = open(type, "billing");
        RecordingHandler<String> billing = opened(new RecordingHandler<>(task -> {
            if (task.payload().equals("hopeless")) {
                throw new NonRetryableException("as told");
            }
            if (task.payload().equals("flaky") && task.attempt() < 3) {
                throw new IllegalStateException("as told");
            }
        }));
        queue.consume(topic, String.class, billing, OPTIONS);
        RecordingHandler<String> mail = consumed(type, "mail");
        BackgroundQueue producer = open(type, "");
        probe(producer, List.of(billing, mail));

        String flaky = producer.enqueue(topic, "flaky").taskId();
        String hopeless = producer.enqueue(topic, "hopeless").taskId();

        billing.awaitIds(List.of(flaky));
        PATIENCE.eventually(
                () -> queue.admin().findDeadLetter(topic, hopeless).isPresent(), () -> "no dead letter: " + billing);
        mail.awaitIds(List.of(flaky, hopeless));
        assertThat(open(type, "mail").admin().listDeadLetters(topic, 10)).isEmpty();
        assertThat(queue.admin().replayDeadLetters(topic, letter -> true)).isEqualTo(1);
        PATIENCE.eventually(() -> billing.runsOf(hopeless).size() == 2, () -> "the replay does not run: " + billing);
        PATIENCE.never(
                () -> mail.runsOf(hopeless).size() > 1 || mail.runsOf(flaky).size() > 1,
                () -> "a retry or replay went to another group: " + mail);
        assertThat(billing.runsOf(flaky)).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"topic", "fanout"})
    void withoutAGroupNothingIsStoredAndTheEnqueueSaysSo(String type) {
        BackgroundQueue producer = open(type, "");

        assertThatThrownBy(() -> producer.enqueue(topic, "nobody's"))
                .isInstanceOfSatisfying(
                        QueueException.class,
                        error -> assertThat(error.kind()).isEqualTo(QueueException.Kind.MISCONFIGURED))
                .hasMessageContaining(exchange);
    }

    @Test
    void aTaskThatOneOfTheQueuesDoesNotTakeMayBeStoredAllTheSame() throws Exception {
        String full = "full-" + unique;
        try (Lab lab = new Lab(at("topic", "billing"));
                RawRabbitMQ raw = new RawRabbitMQ(url)) {
            lab.receiver(topic).receive(1, Duration.ofMillis(10));
            raw.channel()
                    .queueDeclare(full, false, true, true, Map.of("x-max-length", 1, "x-overflow", "reject-publish"));
            raw.channel().queueBind(full, exchange, topic);
            List<SendResult> results = new ArrayList<>();
            PATIENCE.eventually(
                    () -> {
                        results.addAll(0, lab.send(Lab.task(topic)));
                        return results.get(0) instanceof SendResult.Failed;
                    },
                    () -> "a full queue should take no more");

            assertThat(((SendResult.Failed) results.get(0)).errorClass()).isEqualTo(ErrorClass.OUTCOME_UNKNOWN);
        }
    }

    /** Every third task waits a little, in the grid that all groups share. */
    private static EnqueueOptions options(String payload) {
        return payload.endsWith("3") ? EnqueueOptions.DEFAULT.delay(Duration.ofMillis(300)) : EnqueueOptions.DEFAULT;
    }

    private RecordingHandler<String> consumed(String type, String group) {
        RecordingHandler<String> handler = opened(new RecordingHandler<>());
        open(type, group).consume(topic, String.class, handler, OPTIONS);
        return handler;
    }

    /** Until all groups are bound a task is refused, or goes to some of them. */
    private void probe(BackgroundQueue producer, List<RecordingHandler<String>> handlers) throws Exception {
        PATIENCE.eventually(
                () -> {
                    try {
                        producer.enqueue(topic, "probe");
                    } catch (QueueException notBoundYet) {
                        assertThat(notBoundYet.kind()).isEqualTo(QueueException.Kind.MISCONFIGURED);
                    }
                    return handlers.stream().allMatch(handler -> handler.ended() > 0);
                },
                () -> "not everybody gets tasks: " + handlers);
    }

    private static List<String> tasks(List<RecordingHandler<String>> handlers) {
        List<String> payloads = new ArrayList<>();
        for (RecordingHandler<String> handler : handlers) {
            handler.payloads().stream()
                    .filter(payload -> payload.startsWith("task-"))
                    .forEach(payloads::add);
        }
        return payloads;
    }

    private BackgroundQueue open(String type, String group) {
        return opened(BackgroundQueues.open(at(type, group)));
    }

    private String at(String type, String group) {
        return url + "?exchange=" + exchange + "&exchangeType=" + type + (group.isEmpty() ? "" : "&group=" + group);
    }

    private <T extends AutoCloseable> T opened(T resource) {
        opened.push(resource);
        return resource;
    }
}
