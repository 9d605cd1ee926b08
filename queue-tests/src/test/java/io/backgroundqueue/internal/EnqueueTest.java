package io.backgroundqueue.internal;

import static io.backgroundqueue.Refused.invalid;
import static io.backgroundqueue.Refused.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.EnqueueInterceptor;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.EnqueueReceipt.Status;
import io.backgroundqueue.EnqueueRequest;
import io.backgroundqueue.EnqueueResult;
import io.backgroundqueue.Feature;
import io.backgroundqueue.Limits;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.Recorder;
import io.backgroundqueue.Start;
import io.backgroundqueue.Support;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.spi.Deduplication;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.SendResult;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Enqueueing through a whole queue on threads. */
class EnqueueTest {
    private static final EnqueueOptions NONE = EnqueueOptions.DEFAULT;

    private final Bench bench = new Bench();
    private final CountDownLatch release = new CountDownLatch(1);
    private BackgroundQueue queue;

    @AfterEach
    void close() {
        release.countDown();
        if (queue != null) {
            queue.close();
        }
    }

    @Test
    void whatACallerHandsOverIsWhatTheDriverGets() {
        open();
        EnqueueReceipt receipt = queue.enqueue(
                "orders",
                Map.of("n", 1),
                NONE.delay(Duration.ofMinutes(1))
                        .priority(7)
                        .attempts(5)
                        .deduplicationId("d")
                        .expiresAfter(Duration.ofHours(1))
                        .header("trace", "1"));

        assertThat(onlySent())
                .isEqualTo(new Envelope(
                        receipt.taskId(),
                        "orders",
                        Start.after(Duration.ofMinutes(1)),
                        7,
                        Map.of("trace", "1"),
                        Bytes.utf8("{\"n\":1}"),
                        Optional.of(new Deduplication("d", Duration.ofMinutes(5))),
                        Optional.empty(),
                        OptionalInt.of(5),
                        Optional.of(Duration.ofHours(1)),
                        Bench.START));
        assertThat(receipt.enqueuedAt()).isEqualTo(Bench.START);
        assertThat(UUID.fromString(receipt.taskId()).version()).isEqualTo(7);
    }

    @Test
    void defaultsOfTheQueueFillWhatTheCallerLeavesOpen() {
        bench.options(builder ->
                builder.taskDefaults(NONE.priority(4).header("from", "here")).deduplicationWindow(Duration.ofHours(2)));
        open();
        queue.enqueue("orders", "a", NONE.deduplicationId("d"));

        assertThat(onlySent().priority()).isEqualTo(4);
        assertThat(onlySent().headers()).isEqualTo(Map.of("from", "here"));
        assertThat(onlySent().deduplication()).contains(new Deduplication("d", Duration.ofHours(2)));
    }

    @Test
    void badInputIsRefusedAtTheCallWithItsKindAndToldToTheListener() {
        bench.driver.capabilities = Capable.limited(
                        Limits.DEFAULT.maxTopicLength(20).maxPayloadBytes(100))
                .with(Feature.PRIORITY, Support.unsupported("one level", "use topics"));
        open();

        List<Object> endless = new ArrayList<>();
        endless.add(endless);

        invalid(() -> queue.enqueue("", "a"), "topic is blank");
        invalid(() -> queue.enqueue(null, "a"), "topic is blank");
        invalid(() -> queue.enqueue("a topic", "a"), "'a topic'");
        invalid(() -> queue.enqueue("x".repeat(21), "a"), "21 characters", "'scripted'", "at most 20");
        invalid(() -> queue.enqueue("orders", null), "payload for 'orders' is null");
        invalid(() -> queue.enqueue("orders", endless), "could not be encoded", "java.util.ArrayList");
        refused(Kind.TOO_LARGE, () -> queue.enqueue("orders", "x".repeat(99)), "101 bytes", "at most 100", "reference");
        refused(Kind.UNSUPPORTED, () -> queue.enqueue("orders", "a", NONE.priority(3)), "priority(3)", "use topics");

        assertThat(bench.driver.sent()).isEmpty();
        assertThat(bench.told(TaskEvent.EnqueueFailed.class)).hasSize(8);
    }

    @Test
    void theQueuesOwnPayloadLimitHoldsWhereTheBackendTakesMore() {
        bench.options(builder -> builder.maxPayloadBytes(10));
        open();

        refused(Kind.TOO_LARGE, () -> queue.enqueue("orders", "123456789"), "11 bytes", "at most 10");
        assertThat(queue.enqueue("orders", "12345678").status()).isEqualTo(Status.ACCEPTED);
    }

    @Test
    void interceptorsMayChangeTheRequestAndRunInOrder() {
        bench.options(builder -> builder.intercept(header("one")).intercept(header("two")));
        open();
        queue.enqueue("orders", "a");

        assertThat(onlySent().headers()).isEqualTo(Map.of("one", "0", "two", "1"));
    }

    @Test
    void whatAnInterceptorThrowsFailsTheEnqueue() {
        bench.options(builder -> builder.intercept(new EnqueueInterceptor() {
            @Override
            public <T> EnqueueRequest<T> intercept(EnqueueRequest<T> request) throws Exception {
                if (request.topic().equals("clear")) {
                    throw new QueueException(Kind.TOO_LARGE, "says who");
                }
                throw new IOException("schema registry away");
            }
        }));
        open();

        refused(Kind.TOO_LARGE, () -> queue.enqueue("clear", "a"), "says who");
        invalid(() -> queue.enqueue("orders", "a"), "interceptor", "'orders'", "schema registry away (IOException)");
    }

    @Test
    void concurrentCallersShareRoundTrips() {
        int callers = 40;
        CountDownLatch first = new CountDownLatch(1);
        bench.driver.sending = (batch, timeout) -> {
            first.countDown();
            release.await();
            return ScriptedDriver.all(batch, SendResult.ACCEPTED);
        };
        open();
        List<CompletableFuture<EnqueueReceipt>> answers = new ArrayList<>();
        answers.add(queue.enqueueAsync("orders", "first"));
        Recorder.within(first::await);
        IntStream.range(0, callers).forEach(i -> answers.add(queue.enqueueAsync("orders", i)));
        release.countDown();
        answers.forEach(CompletableFuture::join);

        assertThat(bench.driver.sent()).extracting(List::size).containsExactly(1, callers);
    }

    @Test
    void aHangingDriverDelaysNobodysAnswer() throws Exception {
        CountDownLatch hangs = new CountDownLatch(1);
        bench.driver.sending = (batch, timeout) -> {
            hangs.countDown();
            release.await();
            return ScriptedDriver.all(batch, SendResult.ACCEPTED);
        };
        open();
        CompletableFuture<EnqueueReceipt> sent = queue.enqueueAsync("orders", "sent");
        Recorder.within(hangs::await);
        bench.time.advance(Duration.ofSeconds(4));
        CompletableFuture<EnqueueReceipt> waiting = queue.enqueueAsync("orders", "waiting");
        bench.time.awaitWaiters(1, Recorder.PATIENCE);
        bench.time.advance(Duration.ofSeconds(6));
        assertThat(kindOf(sent)).isEqualTo(Kind.OUTCOME_UNKNOWN);
        assertThat(waiting).isNotDone();
        bench.time.awaitWaiters(1, Recorder.PATIENCE);
        bench.time.advance(Duration.ofSeconds(4));

        assertThat(kindOf(waiting)).isEqualTo(Kind.UNAVAILABLE);
    }

    @Test
    void aCallerThatIsInterruptedIsToldWhatIsKnownAndStaysInterrupted() {
        CountDownLatch hangs = new CountDownLatch(1);
        bench.driver.sending = (batch, timeout) -> {
            hangs.countDown();
            release.await();
            return ScriptedDriver.all(batch, SendResult.ACCEPTED);
        };
        open();
        Recorder<Throwable> errors = new Recorder<>();
        Recorder<Boolean> flags = new Recorder<>();
        Thread caller = new Thread(() -> {
            errors.add(catchThrowable(() -> queue.enqueue("orders", "a")));
            flags.add(Thread.currentThread().isInterrupted());
        });
        caller.start();
        Recorder.within(hangs::await);
        caller.interrupt();

        assertThat(errors.await(QueueException.class).kind()).isEqualTo(Kind.OUTCOME_UNKNOWN);
        assertThat(errors.await(QueueException.class)).hasMessageContaining("interrupted");
        assertThat(flags.await(1)).containsExactly(true);
    }

    @Test
    void aFullQueueMakesEnqueueWaitAndTheAsynchronousOneFailAtOnce() throws Exception {
        CountDownLatch hangs = new CountDownLatch(1);
        bench.driver.sending = (batch, timeout) -> {
            hangs.countDown();
            release.await();
            return ScriptedDriver.all(batch, SendResult.ACCEPTED);
        };
        open();
        assertThat(queue.enqueueAsync("orders", "hangs")).isNotDone();
        Recorder.within(hangs::await);
        for (int i = 1; i < 10_000; i++) {
            assertThat(queue.enqueueAsync("orders", i)).isNotDone();
        }

        assertThat(kindOf(queue.enqueueAsync("orders", "one more"))).isEqualTo(Kind.OVERLOADED);
        Recorder<Object> answers = new Recorder<>();
        Thread patient = new Thread(() -> answers.add(queue.enqueue("orders", "patient")));
        patient.start();
        bench.time.awaitWaiters(2, Recorder.PATIENCE);
        assertThat(answers.all()).isEmpty();
        release.countDown();
        assertThat(answers.await(EnqueueReceipt.class).status()).isEqualTo(Status.ACCEPTED);
    }

    @Test
    void manyAreEnqueuedInOneCallWithOneResultEachInOrder() {
        bench.driver.sending = (batch, timeout) -> batch.stream()
                .<SendResult>map(envelope -> envelope.topic().equals("refused")
                        ? new SendResult.Failed(ErrorClass.REFUSED, new Exception("no such exchange"))
                        : SendResult.ACCEPTED)
                .toList();
        open();
        List<EnqueueResult> results = queue.enqueueAll(List.of(
                new EnqueueRequest<>("orders", "a"),
                new EnqueueRequest<>("refused", "b"),
                new EnqueueRequest<>("mails", "c", NONE.priority(9))));

        assertThat(results.get(0).orThrow().topic()).isEqualTo("orders");
        invalid(() -> results.get(1).orThrow(), "no such exchange");
        assertThat(results.get(2).orThrow().topic()).isEqualTo("mails");
        assertThat(queue.enqueueAll(List.of())).isEmpty();
    }

    @Test
    void manyWithOneInvalidAmongThemSendNothing() {
        open();
        invalid(
                () -> queue.enqueueAll(List.of(new EnqueueRequest<>("orders", "a"), new EnqueueRequest<>("", "b"))),
                "blank");

        assertThat(bench.driver.sent()).isEmpty();
    }

    @Test
    void moreThanTheBufferHoldsAreEnqueuedInOneCall() {
        open();
        List<EnqueueRequest<Integer>> requests = IntStream.range(0, 12_000)
                .mapToObj(i -> new EnqueueRequest<>("orders", i))
                .toList();

        assertThat(queue.enqueueAll(requests))
                .hasSize(12_000)
                .allSatisfy(result -> assertThat(result).isInstanceOf(EnqueueResult.Done.class));
        assertThat(bench.driver.sent()).allSatisfy(batch -> assertThat(batch).hasSizeLessThanOrEqualTo(1_000));
    }

    @Test
    void aClosedQueueTakesNothing() {
        open();
        queue.close();

        refused(Kind.CLOSED, () -> queue.enqueue("orders", "a"), "closed", "Open a new one");
        refused(Kind.CLOSED, () -> queue.enqueueAll(List.of(new EnqueueRequest<>("orders", "a"))), "closed");
        refused(Kind.CLOSED, () -> queue.consume("orders", String.class, task -> {}), "closed");
        refused(Kind.CLOSED, () -> queue.admin().check(), "closed");
        assertThat(kindOf(queue.enqueueAsync("orders", "a"))).isEqualTo(Kind.CLOSED);
    }

    @Test
    void aListenerThatThrowsDisturbsNobody() {
        bench.options(builder -> builder.listener(event -> {
            throw new StackOverflowError("a broken listener");
        }));
        open();

        assertThat(queue.enqueue("orders", "a").status()).isEqualTo(Status.ACCEPTED);
    }

    @Test
    void aListenerMayEnqueueWithoutWaiting() {
        Recorder<CompletableFuture<EnqueueReceipt>> further = new Recorder<>();
        bench.options(builder -> builder.listener(event -> {
            if (event.topic().equals("orders")) {
                further.add(queue.enqueueAsync("audit", event.getClass().getSimpleName()));
            }
        }));
        open();
        queue.enqueue("orders", "a");

        assertThat(further.await(1).get(0).join().topic()).isEqualTo("audit");
    }

    private void open() {
        queue = bench.queue();
    }

    private Envelope onlySent() {
        assertThat(bench.driver.batches.all()).hasSize(1);
        return bench.driver.batches.all().get(0).get(0);
    }

    private static Kind kindOf(CompletableFuture<EnqueueReceipt> answer) {
        Throwable error = catchThrowable(answer::join);
        return ((QueueException) (error instanceof CompletionException wrapped ? wrapped.getCause() : error)).kind();
    }

    private static EnqueueInterceptor header(String name) {
        return new EnqueueInterceptor() {
            @Override
            public <T> EnqueueRequest<T> intercept(EnqueueRequest<T> request) {
                int before = request.options().headers().size();
                return request.withOptions(request.options().header(name, String.valueOf(before)));
            }
        };
    }
}
