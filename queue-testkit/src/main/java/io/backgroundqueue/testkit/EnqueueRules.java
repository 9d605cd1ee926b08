package io.backgroundqueue.testkit;

import static io.backgroundqueue.QueueException.Kind.CLOSED;
import static io.backgroundqueue.QueueException.Kind.INVALID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundTask;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.Codec;
import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.EnqueueRequest;
import io.backgroundqueue.EnqueueResult;
import io.backgroundqueue.Feature;
import io.backgroundqueue.JsonCodec;
import io.backgroundqueue.PayloadType;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.WorkerOptions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Chapter 1 of the contract. Extend {@link BackgroundQueueContract}, which has all chapters. */
public abstract class EnqueueRules extends QueueFixture {
    private static final int PRODUCERS = 50;

    EnqueueRules() {}

    @Test
    @Rule("1.1")
    public final void aReceiptNamesTheTaskItsTopicAndItsTime() throws Exception {
        Instant before = now().truncatedTo(ChronoUnit.MILLIS);

        EnqueueReceipt receipt = queue().enqueue(topic(), "payload");

        assertThat(receipt.status()).isEqualTo(EnqueueReceipt.Status.ACCEPTED);
        assertThat(receipt.duplicate()).isFalse();
        assertThat(receipt.duplicateOf()).isEmpty();
        assertThat(receipt.topic()).isEqualTo(topic());
        assertThat(receipt.enqueuedAt()).isBetween(before, now());
    }

    @Test
    @Rule("1.2")
    public final void idsAreTimeOrderedUuidsAndNeverRepeat() throws Exception {
        BackgroundQueue other = open();
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            ids.add(queue().enqueue(topic(), i).taskId());
            ids.add(other.enqueue(topic(), i).taskId());
        }

        assertThat(ids).hasSize(400);
        assertThat(ids)
                .allSatisfy(id -> assertThat(UUID.fromString(id).version()).isEqualTo(7));
    }

    @Test
    @Rule("1.3")
    public final void anAcceptedTaskRunsWithWhatItsProducerGaveIt() throws Exception {
        RecordingHandler<String> handler = handler();
        queue().consume(topic(), String.class, handler);

        EnqueueReceipt receipt = queue().enqueue(topic(), "payload", PLAIN.header("tenant", "a b"));

        handler.await(1);
        BackgroundTask<String> task = handler.runs().get(0).task();
        assertThat(task.id()).isEqualTo(receipt.taskId());
        assertThat(task.topic()).isEqualTo(topic());
        assertThat(task.payload()).isEqualTo("payload");
        assertThat(task.headers()).isEqualTo(Map.of("tenant", "a b"));
        assertThat(task.enqueuedAt().truncatedTo(ChronoUnit.MILLIS))
                .isEqualTo(receipt.enqueuedAt().truncatedTo(ChronoUnit.MILLIS));
        assertThat(task.attempt()).isEqualTo(1);
        assertThat(task.interruptions()).isZero();
        assertThat(task.replayed()).isFalse();
        assertThat(task.leaseLost()).isFalse();
    }

    @Test
    @Rule("1.4")
    @Requires(Feature.DURABILITY)
    public final void aTaskWaitsForAWorkerThatComesLaterFromElsewhere() throws Exception {
        List<String> ids = enqueue(topic(), List.of("a", "b", "c"), PLAIN);

        RecordingHandler<String> handler = handler();
        open().consume(topic(), String.class, handler);

        handler.awaitIds(ids);
        staysAt(3, handler);
    }

    @Test
    @Rule("1.5")
    public final void enqueueAllAnswersOneResultPerRequestInOrder() throws Exception {
        String other = newTopic();
        RecordingHandler<Integer> handler = handler();
        queue().consume(topic(), Integer.class, handler);
        queue().consume(other, Integer.class, handler);
        List<EnqueueRequest<Integer>> requests = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            requests.add(new EnqueueRequest<>(i % 3 == 0 ? other : topic(), i));
        }

        List<EnqueueResult> results = queue().enqueueAll(requests);

        assertThat(results).hasSize(300);
        Map<String, Integer> wanted = new HashMap<>();
        for (int i = 0; i < 300; i++) {
            EnqueueReceipt receipt = results.get(i).orThrow();
            assertThat(receipt.topic()).isEqualTo(requests.get(i).topic());
            wanted.put(receipt.taskId(), i);
        }
        handler.awaitIds(wanted.keySet());
        assertThat(handler.runs()).allSatisfy(run -> assertThat(wanted).containsEntry(run.id(), run.payload()));
    }

    @Test
    @Rule("1.5")
    public final void enqueueAllOfNothingAnswersNothing() throws Exception {
        assertThat(queue().enqueueAll(List.of())).isEmpty();
    }

    @Test
    @Rule("1.6")
    public final void enqueueAllWithAWrongRequestStoresNothingOrAnswersForEach() throws Exception {
        RecordingHandler<String> handler = handler();
        queue().consume(topic(), String.class, handler);
        List<EnqueueRequest<String>> requests = List.of(
                new EnqueueRequest<>(topic(), "first"),
                new EnqueueRequest<>(" ", "wrong"),
                new EnqueueRequest<>(topic(), "last"));

        List<EnqueueResult> results = new ArrayList<>();
        Throwable refusal = catchThrowable(() -> results.addAll(queue().enqueueAll(requests)));

        if (refusal != null) {
            refused(INVALID, () -> throwIt(refusal), "topic");
            staysAt(0, handler);
            return;
        }
        assertThat(results).hasSize(3);
        refused(INVALID, () -> results.get(1).orThrow(), "topic");
        handler.awaitIds(List.of(
                results.get(0).orThrow().taskId(), results.get(2).orThrow().taskId()));
        staysAt(2, handler);
    }

    @Test
    @Rule("1.7")
    public final void enqueueAsyncAnswersTheReceiptLater() throws Exception {
        RecordingHandler<Integer> handler = handler();
        queue().consume(topic(), Integer.class, handler);

        List<CompletableFuture<EnqueueReceipt>> answers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            answers.add(queue().enqueueAsync(topic(), i));
        }

        List<String> ids = new ArrayList<>();
        for (CompletableFuture<EnqueueReceipt> answer : answers) {
            ids.add(answer.get(patience().eventually().toMillis(), TimeUnit.MILLISECONDS)
                    .taskId());
        }
        handler.awaitIds(ids);
        assertThat(new HashSet<>(ids)).hasSize(100);
    }

    @Test
    @Rule("1.7")
    public final void enqueueAsyncFailsInItsFutureAndNotInTheCall() throws Exception {
        CompletableFuture<EnqueueReceipt> answer = queue().enqueueAsync(" ", "payload");

        refused(INVALID, () -> throwIt(failureOf(answer)), "topic");
    }

    @Test
    @Rule("1.7")
    public final void thePayloadIsEncodedOnTheCallingThread() throws Exception {
        Set<Thread> encoders = ConcurrentHashMap.newKeySet();
        JsonCodec json = new JsonCodec();
        BackgroundQueue queue = open(options -> options.codec(new Codec() {
            @Override
            public Bytes encode(Object payload) {
                encoders.add(Thread.currentThread());
                return json.encode(payload);
            }

            @Override
            public <T> T decode(Bytes bytes, PayloadType<T> type) {
                return json.decode(bytes, type);
            }
        }));

        queue.enqueueAsync(topic(), "payload").join();
        queue.enqueue(topic(), "payload");
        queue.enqueueAll(List.of(new EnqueueRequest<>(topic(), "payload")));

        assertThat(encoders).containsExactly(Thread.currentThread());
    }

    @Test
    @Rule({"1.2", "1.8"})
    public final void fiftyThreadsEnqueueAtOnce() throws Exception {
        RecordingHandler<Integer> handler = handler();
        queue().consume(topic(), Integer.class, handler, WorkerOptions.DEFAULT.concurrency(20));
        int each = 40;
        BackgroundQueue queue = queue();
        String topic = topic();

        Set<String> ids = new HashSet<>();
        for (List<String> some : onThreads(PRODUCERS, () -> {
            List<String> mine = new ArrayList<>();
            for (int i = 0; i < each; i++) {
                mine.add(queue.enqueue(topic, i).taskId());
            }
            return mine;
        })) {
            ids.addAll(some);
        }

        assertThat(ids).hasSize(PRODUCERS * each);
        handler.awaitIds(ids);
        staysAt(PRODUCERS * each, handler);
    }

    @Test
    @Rule("1.9")
    public final void aPositionIsOneTasksOwn() throws Exception {
        List<Optional<String>> positions = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            positions.add(queue().enqueue(topic(), i).position());
        }

        List<String> given = positions.stream().flatMap(Optional::stream).toList();
        assertThat(given)
                .doesNotHaveDuplicates()
                .allSatisfy(position -> assertThat(position).isNotBlank());
        assertThat(given.size()).as("all tasks have one, or none").isIn(0, 20);
    }

    @Test
    @Rule("1.10")
    public final void aClosedQueueTakesNothingAndSaysSo() throws Exception {
        BackgroundQueue closed = open();
        closed.close();

        refused(CLOSED, () -> closed.enqueue(topic(), "payload"), "closed");
        refused(CLOSED, () -> allOf(closed, "payload"), "closed");
        refused(CLOSED, () -> throwIt(failureOf(closed.enqueueAsync(topic(), "payload"))), "closed");
        refused(CLOSED, () -> closed.consume(topic(), String.class, task -> {}), "closed");
    }

    @Test
    @Rule("1.11")
    public final void aHandlerMayEnqueueOnItsOwnQueue() throws Exception {
        String next = newTopic();
        BackgroundQueue queue = queue();
        RecordingHandler<Integer> second = handler();
        queue.consume(next, Integer.class, second, ONE);
        queue.consume(topic(), Integer.class, task -> queue.enqueue(next, task.payload() + 100), ONE);

        for (int i = 0; i < 20; i++) {
            queue.enqueue(topic(), i);
        }

        second.await(20);
        assertThat(second.payloads()).doesNotHaveDuplicates().hasSize(20).contains(100, 119);
    }

    /** What an answer failed with, without the wrapping of futures. */
    static Throwable failureOf(CompletableFuture<?> answer) {
        Throwable failure = catchThrowable(answer::join);
        assertThat(failure).as("the failure in the future").isNotNull();
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    static void throwIt(Throwable failure) throws Throwable {
        throw failure;
    }

    /** Runs the same work on many threads at once, and answers what each came to. */
    final <T> List<T> onThreads(int threads, Callable<T> work) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        closeLater(pool::shutdownNow);
        List<T> answers = new ArrayList<>();
        long seconds = patience().eventually().toSeconds() * 4;
        for (Future<T> answer :
                pool.invokeAll(java.util.Collections.nCopies(threads, work), seconds, TimeUnit.SECONDS)) {
            answers.add(answer.get());
        }
        return answers;
    }

    /** An enqueueAll of one request; throws what the request came to, however the queue tells it. */
    private void allOf(BackgroundQueue target, Object payload) throws QueueException {
        target.enqueueAll(List.of(new EnqueueRequest<>(topic(), payload)))
                .get(0)
                .orThrow();
    }
}
