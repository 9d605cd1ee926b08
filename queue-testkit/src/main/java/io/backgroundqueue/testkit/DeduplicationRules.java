package io.backgroundqueue.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.EnqueueRequest;
import io.backgroundqueue.EnqueueResult;
import io.backgroundqueue.Feature;
import io.backgroundqueue.WorkerOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Chapter 8 of the contract. Extend {@link BackgroundQueueContract}, which has all chapters. */
public abstract class DeduplicationRules extends OrderRules {
    private static final String ID = "order-7";
    private static final int THREADS = 8;
    private static final int IDS = 1_000;

    DeduplicationRules() {}

    @Test
    @Rule("8.1")
    @Requires(Feature.DEDUPLICATION)
    public final void oneTaskPerIdIsAcceptedWithinTheWindow() throws Exception {
        RecordingHandler<String> handler = handler();
        EnqueueReceipt first = queue().enqueue(topic(), "first", PLAIN.deduplicationId(ID));
        EnqueueReceipt second = queue().enqueue(topic(), "second", PLAIN.deduplicationId(ID));

        queue().consume(topic(), String.class, handler);

        assertThat(first.duplicate()).isFalse();
        assertThat(second.duplicate()).isTrue();
        assertThat(second.taskId()).isNotEqualTo(first.taskId());
        if (capabilities().conflictReported()) {
            assertThat(second.duplicateOf()).hasValue(first.taskId());
        } else {
            second.duplicateOf().ifPresent(named -> assertThat(named).isEqualTo(first.taskId()));
        }
        handler.awaitIds(List.of(first.taskId()));
        staysAt(1, handler);
        assertThat(handler.payloads()).containsExactly("first");
    }

    @Test
    @Rule("8.2")
    @Requires(Feature.DEDUPLICATION)
    public final void ofEightProducersThatSendTheSameIdsOneSucceedsWithEach() throws Exception {
        Map<String, AtomicInteger> accepted = new ConcurrentHashMap<>();
        String topic = topic();
        List<BackgroundQueue> queues = List.of(queue(), open());
        AtomicInteger turn = new AtomicInteger();

        onThreads(THREADS, () -> {
            BackgroundQueue mine = queues.get(turn.getAndIncrement() % 2);
            for (int i = 0; i < IDS; i++) {
                String id = "id-" + i;
                if (!mine.enqueue(topic, id, PLAIN.deduplicationId(id)).duplicate()) {
                    accepted.computeIfAbsent(id, first -> new AtomicInteger()).incrementAndGet();
                }
            }
            return true;
        });

        assertThat(accepted).hasSize(IDS);
        assertThat(accepted).allSatisfy((id, count) -> assertThat(count).as(id).hasValue(1));
        RecordingHandler<String> handler = handler();
        queue().consume(topic, String.class, handler, WorkerOptions.DEFAULT.concurrency(20));
        handler.await(IDS);
        staysAt(IDS, handler);
        assertThat(handler.payloads()).doesNotHaveDuplicates();
    }

    @Test
    @Rule("8.3")
    @Requires(Feature.DEDUPLICATION)
    public final void anIdStaysTakenAfterItsTaskIsDone() throws Exception {
        RecordingHandler<String> handler = handler();
        queue().consume(topic(), String.class, handler);
        String id = queue().enqueue(topic(), "first", PLAIN.deduplicationId(ID)).taskId();
        handler.awaitIds(List.of(id));
        drained(topic());

        assertThat(queue().enqueue(topic(), "second", PLAIN.deduplicationId(ID)).duplicate())
                .isTrue();

        staysAt(1, handler);
    }

    @Test
    @Rule("8.4")
    @Requires(Feature.DEDUPLICATION)
    public final void anIdIsFreeAfterTheWindowAndNotBefore() throws Exception {
        Duration window = Duration.ofMillis(800);
        EnqueueOptions options = PLAIN.deduplicationId(ID).deduplicationWindow(window);
        RecordingHandler<String> handler = handler();
        queue().consume(topic(), String.class, handler);
        long before = nanos();
        queue().enqueue(topic(), "first", options);

        patience()
                .eventually(
                        () -> !queue().enqueue(topic(), "again", options).duplicate(),
                        () -> "the id is still taken after " + between(before, nanos()));

        assertThat(between(before, nanos())).as("how long the id was taken").isBetween(window, window.plus(slack()));
        handler.await(2);
        staysAt(2, handler);
        assertThat(handler.payloads()).containsExactly("first", "again");
    }

    @Test
    @Rule("8.4")
    @Requires(Feature.DEDUPLICATION)
    public final void theQueuesWindowHoldsWhereTheCallerNamesNone() throws Exception {
        Duration window = Duration.ofMillis(500);
        BackgroundQueue queue = open(options -> options.deduplicationWindow(window));
        queue.enqueue(topic(), "first", PLAIN.deduplicationId(ID));
        assertThat(queue.enqueue(topic(), "second", PLAIN.deduplicationId(ID)).duplicate())
                .isTrue();

        eventually(
                () -> !queue.enqueue(topic(), "later", PLAIN.deduplicationId(ID))
                        .duplicate(),
                "the id is free after the queue's window");
    }

    @Test
    @Rule("8.5")
    @Requires({Feature.DEDUPLICATION, Feature.ATTEMPTS})
    public final void neitherDuplicatesNorRetriesRenewTheWindow() throws Exception {
        Duration window = Duration.ofSeconds(1);
        EnqueueOptions options =
                PLAIN.deduplicationId(ID).deduplicationWindow(window).attempts(1_000);
        RecordingHandler<String> handler = handler(task -> {
            if (task.payload().equals("first")) {
                throw new IllegalStateException("as told");
            }
        });
        queue().consume(topic(), String.class, handler, retrying(WorkerOptions.DEFAULT));
        queue().enqueue(topic(), "first", options);
        long accepted = nanos();

        patience()
                .eventually(
                        () -> !queue().enqueue(topic(), "again", options).duplicate(),
                        () -> "the window is renewed: taken for " + between(accepted, nanos()));

        assertThat(between(accepted, nanos())).isLessThan(window.plus(slack()));
    }

    @Test
    @Rule("8.6")
    @Requires({Feature.DEDUPLICATION, Feature.DELAY, Feature.ATTEMPTS})
    public final void delayAndRetriesKeepOneTaskPerId() throws Exception {
        Duration delay = Duration.ofMillis(300);
        EnqueueOptions options = PLAIN.deduplicationId(ID).delay(delay);
        RecordingHandler<String> handler = handler(RecordingHandler.failing(2));
        queue().consume(topic(), String.class, handler, retrying(WorkerOptions.DEFAULT));
        long before = nanos();
        String id = queue().enqueue(topic(), "first", options).taskId();

        assertThat(queue().enqueue(topic(), "while delayed", options).duplicate())
                .isTrue();
        handler.awaitStarted(1);
        assertThat(queue().enqueue(topic(), "while retried", options).duplicate())
                .isTrue();

        handler.awaitIds(List.of(id));
        assertThat(between(before, handler.runs().get(0).startedNanos())).isGreaterThanOrEqualTo(delay);
        assertThat(handler.payloads()).containsExactly("first", "first", "first");
        staysAt(3, handler);
    }

    @Test
    @Rule("8.7")
    @Requires(Feature.DEDUPLICATION)
    public final void anIdIsTakenOnItsTopicOnly() throws Exception {
        assertThat(queue().enqueue(topic(), "here", PLAIN.deduplicationId(ID)).duplicate())
                .isFalse();
        assertThat(queue().enqueue(newTopic(), "there", PLAIN.deduplicationId(ID))
                        .duplicate())
                .isFalse();
    }

    @Test
    @Rule("8.7")
    @Requires(Feature.DEDUPLICATION)
    public final void idsThatLookAlikeAreDifferent() throws Exception {
        List<String> ids = new ArrayList<>(
                List.of("a|b", "a:b", "a b", " a b", "A|B", "a%7Cb", "ä", "a\u0308", "😀", "*", "a\nb"));
        ids.add("x".repeat(256));
        ids.add("x".repeat(255) + "y");
        ids.add("€".repeat(256));
        for (String id : ids) {
            assertThat(queue().enqueue(topic(), id, PLAIN.deduplicationId(id)).duplicate())
                    .as(id)
                    .isFalse();
        }
        for (String id : ids) {
            assertThat(queue().enqueue(topic(), id, PLAIN.deduplicationId(id)).duplicate())
                    .as(id)
                    .isTrue();
        }
    }

    @Test
    @Rule({"8.1", "1.5"})
    @Requires(Feature.DEDUPLICATION)
    public final void withinOneBatchTheFirstOfAnIdIsAccepted() throws Exception {
        List<EnqueueRequest<String>> requests = List.of(
                new EnqueueRequest<>(topic(), "a", PLAIN.deduplicationId("one")),
                new EnqueueRequest<>(topic(), "b", PLAIN.deduplicationId("one")),
                new EnqueueRequest<>(topic(), "c", PLAIN.deduplicationId("two")),
                new EnqueueRequest<>(topic(), "d"),
                new EnqueueRequest<>(topic(), "e", PLAIN.deduplicationId("two")));

        List<EnqueueResult> results = queue().enqueueAll(requests);

        assertThat(results)
                .extracting(result -> result.orThrow().duplicate())
                .containsExactly(false, true, false, false, true);
        RecordingHandler<String> handler = handler();
        queue().consume(topic(), String.class, handler);
        handler.await(3);
        staysAt(3, handler);
        assertThat(handler.payloads()).containsExactlyInAnyOrder("a", "c", "d");
    }

    @Test
    @Rule("8.8")
    @Requires({Feature.DEDUPLICATION, Feature.DEAD_LETTERS})
    public final void aReplayIsNoDuplicateOfItself() throws Exception {
        List<String> ids = dead(topic(), List.of("payload"), PLAIN.deduplicationId(ID));
        assertThat(queue().enqueue(topic(), "again", PLAIN.deduplicationId(ID)).duplicate())
                .isTrue();

        assertThat(queue().admin().replayDeadLetters(topic(), letter -> true)).isEqualTo(1);

        RecordingHandler<Object> handler = handler();
        queue().consume(topic(), Object.class, handler);
        handler.awaitIds(ids);
        staysAt(1, handler);
    }

    @Test
    @Rule("8.10")
    @Requires({Feature.DEDUPLICATION, Feature.CANCEL})
    public final void cancellingATaskFreesItsId() throws Exception {
        String id = queue().enqueue(topic(), "first", PLAIN.deduplicationId(ID)).taskId();
        assertThat(queue().admin().cancel(topic(), id)).isTrue();

        EnqueueReceipt second = queue().enqueue(topic(), "second", PLAIN.deduplicationId(ID));

        assertThat(second.duplicate()).isFalse();
        RecordingHandler<String> handler = handler();
        queue().consume(topic(), String.class, handler);
        handler.awaitIds(List.of(second.taskId()));
        staysAt(1, handler);
    }
}
