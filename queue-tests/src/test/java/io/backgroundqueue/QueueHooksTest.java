package io.backgroundqueue;

import static io.backgroundqueue.Refused.invalid;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class QueueHooksTest {
    /** A queue whose answers a test gives by hand. */
    private static final class SlowQueue extends DirectQueue {
        final List<CompletableFuture<EnqueueReceipt>> answers = new ArrayList<>();

        @Override
        public <T> CompletableFuture<EnqueueReceipt> enqueueAsync(String topic, T payload, EnqueueOptions options) {
            enqueued.add(new EnqueueRequest<>(topic, payload, options));
            answers.add(new CompletableFuture<>());
            return answers.get(answers.size() - 1);
        }
    }

    private final SlowQueue queue = new SlowQueue();
    private final List<String> failures = new ArrayList<>();

    @Test
    void aHookEnqueuesWhatItsFunctionMakesAndIsAConsumer() {
        EnqueueOptions urgent = EnqueueOptions.DEFAULT.priority(9);
        Consumer<Integer> afterRun = QueueHooks.queueHook(queue, "runs", steps -> "ran " + steps, urgent);
        afterRun.accept(12);

        assertThat(queue.enqueued.all()).containsExactly(new EnqueueRequest<>("runs", "ran 12", urgent));
    }

    @Test
    void severalHooksOnSeveralTopicsStandSideBySide() {
        QueuedHook<String> afterRun = QueueHooks.queueHook(queue, "runs", run -> run);
        QueuedHook<Exception> onError = QueueHooks.queueHook(queue, "errors", Exception::getMessage);
        afterRun.accept("a");
        onError.accept(new Exception("b"));

        assertThat(queue.enqueued.all())
                .extracting(EnqueueRequest::topic, EnqueueRequest::payload)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("runs", "a"),
                        org.assertj.core.groups.Tuple.tuple("errors", "b"));
    }

    @Test
    void aHookKnowsHowManyOfItsCallsAreOnTheirWay() {
        QueuedHook<String> hook = QueueHooks.queueHook(queue, "t", text -> text);
        hook.accept("a");
        hook.onFailure((argument, error) -> {}).accept("b");
        assertThat(hook.pending()).isEqualTo(2);

        queue.answers.get(0).complete(null);
        assertThat(hook.pending()).isEqualTo(1);
        queue.answers.get(1).completeExceptionally(QueueException.invalid("no"));
        assertThat(hook.pending()).isZero();
    }

    @Test
    void aFailedEnqueueReachesEveryCallbackAndTheListenerUnwrapped() {
        QueueException error = QueueException.invalid("no");
        QueuedHook<String> hook = QueueHooks.<String>queueHook(queue, "t", text -> text)
                .onFailure((argument, cause) -> failures.add("one " + argument + " " + cause.getMessage()))
                .onFailure((argument, cause) -> failures.add("two " + argument + " " + cause.getMessage()));
        hook.accept("a");
        queue.answers.get(0).completeExceptionally(new CompletionException(error));

        assertThat(failures).containsExactly("one a no", "two a no");
        assertThat(queue.events.all()).containsExactly(new TaskEvent.HookFailed("t", error));
    }

    @Test
    void aHookWithoutACallbackStillTellsTheListener() {
        QueueHooks.queueHook(queue, "t", text -> text).accept("a");
        queue.answers.get(0).completeExceptionally(QueueException.invalid("no"));

        assertThat(queue.events.all(TaskEvent.HookFailed.class)).hasSize(1);
    }

    @Test
    void aPayloadFunctionThatThrowsDoesNotReachTheHost() {
        QueuedHook<String> hook = failing(QueueHooks.queueHook(queue, "t", text -> {
            throw new IllegalStateException("no payload of " + text);
        }));
        hook.accept("a");
        QueuedHook<String> worse = failing(QueueHooks.queueHook(queue, "t", text -> {
            throw new StackOverflowError("an Error of " + text);
        }));
        worse.accept("b");

        assertThat(failures).containsExactly("a: no payload of a", "b: an Error of b");
        assertThat(hook.pending()).isZero();
        assertThat(queue.events.all(TaskEvent.HookFailed.class)).hasSize(2);
    }

    @Test
    void aQueueThatThrowsInsteadOfAnsweringDoesNotReachTheHost() {
        DirectQueue broken = new DirectQueue() {
            @Override
            public <T> CompletableFuture<EnqueueReceipt> enqueueAsync(String topic, T payload, EnqueueOptions options) {
                throw QueueException.invalid("closed");
            }
        };
        failing(QueueHooks.<String>queueHook(broken, "t", text -> text)).accept("a");
        DirectQueue silent = new DirectQueue() {
            @Override
            public <T> CompletableFuture<EnqueueReceipt> enqueueAsync(String topic, T payload, EnqueueOptions options) {
                return null;
            }
        };
        failing(QueueHooks.<String>queueHook(silent, "t", text -> text)).accept("b");

        assertThat(failures).hasSize(2).first().isEqualTo("a: closed");
    }

    @Test
    void aCallbackThatThrowsDisturbsNeitherTheHostNorTheOtherCallbacks() {
        QueuedHook<String> hook = failing(QueueHooks.<String>queueHook(queue, "t", text -> {
                    throw new IllegalStateException("no payload");
                })
                .onFailure((argument, error) -> {
                    throw new IllegalStateException("a broken callback");
                }));
        hook.accept("a");

        assertThat(failures).containsExactly("a: no payload");
        assertThat(queue.events.all(TaskEvent.HookFailed.class)).hasSize(1);
    }

    @Test
    void aHookOnAnIllegalTopicIsRefusedWhenItIsMade() {
        invalid(() -> QueueHooks.queueHook(queue, "a topic", text -> text), "'a topic'");
        invalid(() -> QueueHooks.queueHook(queue, "", text -> text), "blank");
    }

    private QueuedHook<String> failing(QueuedHook<String> hook) {
        return hook.onFailure((argument, error) -> failures.add(argument + ": " + error.getMessage()));
    }
}
