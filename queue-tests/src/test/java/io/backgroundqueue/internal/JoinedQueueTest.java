package io.backgroundqueue.internal;

import static io.backgroundqueue.Refused.invalid;
import static io.backgroundqueue.Refused.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.EnqueueRequest;
import io.backgroundqueue.EnqueueResult;
import io.backgroundqueue.Feature;
import io.backgroundqueue.Limits;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.Recorder;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Sender;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Enqueueing in a transaction of the caller's. */
class JoinedQueueTest {
    private final Bench bench = new Bench();
    private final Recorder<List<Envelope>> joined = new Recorder<>();
    private final Recorder<Thread> threads = new Recorder<>();
    private SendResult answer = SendResult.ACCEPTED;
    private EngineQueue queue = bench.queue();

    @AfterEach
    void close() {
        queue.close();
    }

    @Test
    void aTaskGoesOutInTheTransactionOnTheCallingThread() {
        EnqueueReceipt receipt = view().enqueue("mail", "hello", EnqueueOptions.DEFAULT.priority(7));

        assertThat(joined.all()).hasSize(1);
        Envelope sent = joined.all().get(0).get(0);
        assertThat(sent.taskId()).isEqualTo(receipt.taskId());
        assertThat(sent.priority()).isEqualTo(7);
        assertThat(threads.all()).containsExactly(Thread.currentThread());
        assertThat(bench.driver.batches.all()).isEmpty();
        assertThat(bench.told(TaskEvent.Enqueued.class)).hasSize(1);
    }

    @Test
    void manyTasksAreOneSendAndOneResultEach() {
        List<EnqueueResult> results =
                view().enqueueAll(List.of(new EnqueueRequest<>("mail", "a"), new EnqueueRequest<>("bill", "b")));

        assertThat(results).hasSize(2).allMatch(EnqueueResult.Done.class::isInstance);
        assertThat(joined.all()).hasSize(1);
    }

    @Test
    void moreThanABatchIsSentInSeveral() {
        bench.driver.capabilities = Capable.limited(Limits.DEFAULT.send(2, 1_000, 1));
        queue.close();
        queue = bench.queue();

        view().enqueueAll(Collections.nCopies(5, new EnqueueRequest<>("mail", "a")));

        assertThat(joined.all()).extracting(List::size).containsExactly(2, 2, 1);
    }

    @Test
    void aDuplicateSaysOfWhichTask() {
        answer = new SendResult.Duplicate(Optional.of("first"));

        EnqueueReceipt receipt = view().enqueue("mail", "a", EnqueueOptions.DEFAULT.deduplicationId("one"));

        assertThat(receipt.duplicate()).isTrue();
        assertThat(receipt.duplicateOf()).contains("first");
    }

    @Test
    void nothingIsRepeatedThatFailed() {
        answer = new SendResult.Failed(ErrorClass.TRANSIENT, new Exception("deadlock"));

        refused(Kind.UNAVAILABLE, () -> view().enqueue("mail", "a"), "deadlock");
        CompletableFuture<EnqueueReceipt> later = view().enqueueAsync("mail", "a");

        assertThat(later).isCompletedExceptionally();
        assertThat(joined.all()).hasSize(2);
        assertThat(bench.told(TaskEvent.EnqueueFailed.class)).hasSize(2);
    }

    @Test
    void whatTheDriverThrowsIsWrappedOnce() {
        Sender broken = (batch, timeout) -> {
            throw new BackendError(ErrorClass.REFUSED, "no such table");
        };
        BackgroundQueue view = BackgroundQueues.within(queue, ScriptedDriver.class, driver -> broken);

        refused(Kind.INVALID, () -> view.enqueue("mail", "a"), "no such table");
    }

    @Test
    void aWrongNumberOfResultsLeavesTheOutcomeUnknown() {
        BackgroundQueue view =
                BackgroundQueues.within(queue, ScriptedDriver.class, driver -> (batch, timeout) -> List.of());

        refused(Kind.OUTCOME_UNKNOWN, () -> view.enqueue("mail", "a"), "0 results for 1 tasks");
    }

    @Test
    void whatIsInvalidIsRefusedBeforeTheTransactionIsTouched() {
        invalid(() -> view().enqueue("a topic", "a"), "'a topic'");

        assertThat(joined.all()).isEmpty();
        assertThat(bench.told(TaskEvent.EnqueueFailed.class)).hasSize(1);
    }

    @Test
    void itConsumesNothing() {
        invalid(() -> view().consume("mail", String.class, task -> {}), "'mail'", "Consume it on the queue");
    }

    @Test
    void closingTheViewLeavesTheQueueOpen() {
        view().close();

        assertThatCode(() -> queue.enqueue("mail", "a")).doesNotThrowAnyException();
    }

    @Test
    void aClosedQueueTakesNothingInATransactionEither() {
        BackgroundQueue view = view();
        queue.close();

        refused(Kind.CLOSED, () -> view.enqueue("mail", "a"), "closed");
        assertThat(joined.all()).isEmpty();
    }

    @Test
    void aBackendWithoutTransactionsIsRefused() {
        bench.driver.capabilities = Capable.without(Feature.TRANSACTIONAL_ENQUEUE);
        queue.close();
        queue = bench.queue();

        refused(Kind.UNSUPPORTED, this::view, "takes no part in transactions");
    }

    @Test
    void aQueueOfAnotherDriverIsRefused() {
        interface OtherDriver extends QueueDriver {}

        QueueException error =
                invalid(() -> BackgroundQueues.within(queue, OtherDriver.class, driver -> driver), "OtherDriver");
        assertThat(error.getMessage()).contains("as its adapter opened it");
    }

    private BackgroundQueue view() {
        return BackgroundQueues.within(queue, ScriptedDriver.class, driver -> this::send);
    }

    private List<SendResult> send(List<Envelope> batch, Duration timeout) {
        assertThat(timeout).isEqualTo(bench.options.enqueueTimeout());
        joined.add(batch);
        threads.add(Thread.currentThread());
        return ScriptedDriver.all(batch, answer);
    }
}
