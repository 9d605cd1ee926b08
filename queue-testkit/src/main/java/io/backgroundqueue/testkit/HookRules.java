package io.backgroundqueue.testkit;

import static io.backgroundqueue.QueueException.Kind.CLOSED;
import static io.backgroundqueue.QueueException.Kind.INVALID;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundTask;
import io.backgroundqueue.EnqueueInterceptor;
import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.EnqueueRequest;
import io.backgroundqueue.Feature;
import io.backgroundqueue.NonRetryableException;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueHooks;
import io.backgroundqueue.QueuedHook;
import io.backgroundqueue.RetryLaterException;
import io.backgroundqueue.RetryPolicy;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.TaskInterceptor;
import io.backgroundqueue.Worker;
import io.backgroundqueue.WorkerOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** Chapter 12 of the contract. Extend {@link BackgroundQueueContract}, which has all chapters. */
public abstract class HookRules extends CloseRules {
    HookRules() {}

    @Test
    @Rule("12.1")
    public final void severalHooksEnqueueToSeveralTopics() throws Exception {
        String errors = newTopic();
        RecordingHandler<Integer> stats = handler();
        RecordingHandler<String> alerts = handler();
        queue().consume(topic(), Integer.class, stats);
        queue().consume(errors, String.class, alerts);
        Queue<Thread> callers = new ConcurrentLinkedQueue<>();
        QueuedHook<String> afterRun = QueueHooks.queueHook(queue(), topic(), text -> {
            callers.add(Thread.currentThread());
            return text.length();
        });
        QueuedHook<Exception> onError = QueueHooks.queueHook(queue(), errors, Exception::getMessage);

        afterRun.accept("seven");
        onError.accept(new IllegalStateException("broken"));
        afterRun.accept("eleven");

        stats.await(2);
        alerts.await(1);
        assertThat(stats.payloads()).containsExactlyInAnyOrder(5, 6);
        assertThat(alerts.payloads()).containsExactly("broken");
        assertThat(callers).containsOnly(Thread.currentThread());
        eventually(() -> afterRun.pending() == 0 && onError.pending() == 0, "hooks are pending for ever");
    }

    @Test
    @Rule("12.2")
    public final void aHookThatCannotMakeItsPayloadThrowsNothingAndTells() throws Exception {
        EventLog events = events();
        BackgroundQueue queue = open(options -> options.listener(events));
        IllegalStateException broken = new IllegalStateException("no payload");
        Failures<String> failures = new Failures<>();
        QueuedHook<String> hook = QueueHooks.<String>queueHook(queue, topic(), argument -> {
                    throw broken;
                })
                .onFailure(failures::add);

        hook.accept("argument");

        assertThat(failures.of("argument")).isSameAs(broken);
        assertThat(events.await(TaskEvent.HookFailed.class).error()).isSameAs(broken);
        assertThat(hook.pending()).isZero();
    }

    @Test
    @Rule("12.2")
    public final void aHookWhosePayloadCannotBeEncodedThrowsNothingAndTells() throws Exception {
        EventLog events = events();
        BackgroundQueue queue = open(options -> options.listener(events));
        Failures<String> failures = new Failures<>();
        QueuedHook<String> hook = QueueHooks.<String>queueHook(queue, topic(), argument -> new Unspeakable())
                .onFailure(failures::add);

        hook.accept("argument");

        eventually(() -> failures.count() == 1, "the failure is told");
        refused(INVALID, () -> throwIt(failures.of("argument")), "Unspeakable");
        refused(INVALID, () -> throwIt(events.await(TaskEvent.HookFailed.class).error()));
    }

    @Test
    @Rule("12.2")
    public final void aHookOnAClosedQueueThrowsNothingAndTells() throws Exception {
        BackgroundQueue closed = open();
        Failures<String> failures = new Failures<>();
        QueuedHook<String> hook = QueueHooks.<String>queueHook(closed, topic(), argument -> argument)
                .onFailure(failures::add)
                .onFailure((argument, error) -> {
                    throw new IllegalStateException("a broken callback");
                });
        closed.close();

        hook.accept("argument");

        eventually(() -> failures.count() == 1, "the failure is told");
        refused(CLOSED, () -> throwIt(failures.of("argument")));
        assertThat(hook.pending()).isZero();
    }

    @Test
    @Rule("12.3")
    @Requires(Feature.DURABILITY)
    public final void whatAHookWasGivenIsStoredWhenItsQueueHasClosed() throws Exception {
        BackgroundQueue closing = open();
        Failures<Integer> failures = new Failures<>();
        QueuedHook<Integer> hook = QueueHooks.<Integer>queueHook(closing, topic(), argument -> argument)
                .onFailure(failures::add);
        for (int i = 0; i < 500; i++) {
            hook.accept(i);
        }

        closing.close();

        eventually(() -> hook.pending() == 0, "hooks are pending although the queue has closed");
        assertThat(failures.count()).isZero();
        RecordingHandler<Integer> handler = handler();
        queue().consume(topic(), Integer.class, handler, WorkerOptions.DEFAULT.concurrency(20));
        handler.await(500);
        staysAt(500, handler);
        assertThat(handler.payloads()).doesNotHaveDuplicates();
    }

    @Test
    @Rule("12.4")
    public final void enqueueInterceptorsRunInOrderOnEveryWayIn() throws Exception {
        EnqueueInterceptor first = trace("first");
        EnqueueInterceptor second = trace("second");
        BackgroundQueue queue = open(options -> options.intercept(first).intercept(second));
        RecordingHandler<String> handler = handler();
        queue.consume(topic(), String.class, handler);

        queue.enqueue(topic(), "enqueue");
        queue.enqueueAsync(topic(), "enqueueAsync").join();
        queue.enqueueAll(List.of(new EnqueueRequest<>(topic(), "enqueueAll")));
        QueueHooks.<String>queueHook(queue, topic(), argument -> argument).accept("hook");

        handler.await(4);
        assertThat(handler.runs())
                .allSatisfy(run -> assertThat(run.task().headers()).isEqualTo(Map.of("trace", ">first>second")));
    }

    @Test
    @Rule("12.4")
    public final void anEnqueueInterceptorThatThrowsRefusesTheTask() throws Exception {
        EnqueueInterceptor refusing = new EnqueueInterceptor() {
            @Override
            public <T> EnqueueRequest<T> intercept(EnqueueRequest<T> request) throws Exception {
                if (request.payload().equals("own")) {
                    throw new QueueException(QueueException.Kind.OVERLOADED, "not now");
                }
                throw new java.io.IOException("no schema");
            }
        };
        BackgroundQueue queue = open(options -> options.intercept(refusing));
        RecordingHandler<String> handler = handler();
        queue.consume(topic(), String.class, handler);

        refused(INVALID, () -> queue.enqueue(topic(), "payload"), "no schema");
        refused(QueueException.Kind.OVERLOADED, () -> queue.enqueue(topic(), "own"), "not now");

        staysAt(0, handler);
    }

    @Test
    @Rule("12.5")
    @Requires(Feature.ATTEMPTS)
    public final void taskInterceptorsStandAroundEveryRunTheFirstOutermost() throws Exception {
        Queue<String> steps = new ConcurrentLinkedQueue<>();
        TaskInterceptor outer = around("outer", steps);
        TaskInterceptor inner = around("inner", steps);
        BackgroundQueue queue = open(options -> options.intercept(outer).intercept(inner));
        RecordingHandler<String> handler = handler(task -> {
            steps.add("handler");
            RecordingHandler.<String>failing(1).handle(task);
        });
        queue.consume(topic(), String.class, handler, retrying(ONE));

        handler.awaitIds(List.of(queue.enqueue(topic(), "payload").taskId()));

        eventually(() -> steps.size() == 10, "the interceptors go on after the handler");
        assertThat(steps)
                .containsExactly(
                        "> outer", "> inner", "handler", "< inner", "< outer", "> outer", "> inner", "handler",
                        "< inner", "< outer");
    }

    @Test
    @Rule("12.5")
    @Requires({Feature.ATTEMPTS, Feature.DEAD_LETTERS})
    public final void whatATaskInterceptorThrowsIsTheHandlersFailure() throws Exception {
        TaskInterceptor refusing = (task, next) -> {
            if (task.attempt() == 1) {
                throw new IllegalStateException("as told");
            }
            throw new NonRetryableException("never");
        };
        BackgroundQueue queue = open(options -> options.intercept(refusing));
        RecordingHandler<String> handler = handler();
        queue.consume(topic(), String.class, handler, retrying(WorkerOptions.DEFAULT));

        String id = queue.enqueue(topic(), "payload").taskId();

        assertThat(deadLetter(topic(), id).error())
                .hasValueSatisfying(error -> assertThat(error).contains("never"));
        assertThat(handler.started()).isZero();
    }

    @Test
    @Rule("12.6")
    @Requires({Feature.ATTEMPTS, Feature.DEAD_LETTERS})
    public final void listenersAreToldTheLifeOfATask() throws Exception {
        EventLog events = events();
        BackgroundQueue queue = open(options -> options.listener(events));
        Duration wait = Duration.ofMillis(50);
        RecordingHandler<String> handler = handler(task -> {
            if (task.attempt() == 1) {
                throw new IllegalStateException("as told");
            }
            throw new NonRetryableException("never");
        });
        queue.consume(topic(), String.class, handler, WorkerOptions.DEFAULT.retryPolicy(RetryPolicy.fixed(wait)));

        EnqueueReceipt receipt = queue.enqueue(topic(), "payload");

        TaskEvent.DeadLettered dead = events.await(TaskEvent.DeadLettered.class);
        assertThat(dead.taskId()).hasValue(receipt.taskId());
        assertThat(dead.attempt()).isEqualTo(2);
        assertThat(dead.cause()).containsInstanceOf(NonRetryableException.class);
        TaskEvent.Enqueued enqueued = events.await(TaskEvent.Enqueued.class);
        assertThat(enqueued.receipt()).isEqualTo(receipt);
        assertThat(events.of(TaskEvent.Started.class))
                .extracting(TaskEvent.Started::attempt)
                .containsExactly(1, 2);
        TaskEvent.RetryScheduled retry = events.await(TaskEvent.RetryScheduled.class);
        assertThat(retry.attempt()).isEqualTo(1);
        assertThat(retry.cause()).isInstanceOf(IllegalStateException.class);
        assertThat(retry.nextStart()).isBeforeOrEqualTo(now());
        assertThat(retry.ran()).isGreaterThanOrEqualTo(Duration.ZERO);
        assertThat(events.events())
                .allSatisfy(event -> assertThat(event.topic()).isEqualTo(topic()));
    }

    @Test
    @Rule("12.6")
    @Requires({Feature.ATTEMPTS, Feature.RELEASE, Feature.DURABILITY})
    public final void listenersAreToldOfLaterRunsCompletionsAndReleases() throws Exception {
        EventLog events = events();
        BackgroundQueue queue = open(options -> options.listener(events));
        RecordingHandler<String> handler = handler(task -> {
            if (task.payload().equals("later")) {
                throw new RetryLaterException(Duration.ofHours(1));
            }
        });
        Worker worker = queue.consume(topic(), String.class, handler);

        String later = queue.enqueue(topic(), "later").taskId();
        String done = queue.enqueue(topic(), "done").taskId();
        assertThat(events.await(TaskEvent.Postponed.class).taskId()).isEqualTo(later);
        TaskEvent.Completed completed = events.await(TaskEvent.Completed.class);
        assertThat(completed.taskId()).isEqualTo(done);
        assertThat(completed.attempt()).isEqualTo(1);
        handler.hold();
        String held = queue.enqueue(topic(), "held").taskId();
        handler.awaitStarted(3);
        worker.shutdown(Duration.ofMillis(50));

        assertThat(events.await(TaskEvent.Released.class).taskId()).isEqualTo(held);
    }

    @Test
    @Rule("12.6")
    public final void listenersAreToldOfEnqueuesThatFailed() throws Exception {
        EventLog events = events();
        BackgroundQueue queue = open(options -> options.listener(events));

        refused(INVALID, () -> queue.enqueue(topic(), new Unspeakable()));

        TaskEvent.EnqueueFailed failed = events.await(TaskEvent.EnqueueFailed.class);
        assertThat(failed.topic()).isEqualTo(topic());
        assertThat(failed.error().kind()).isEqualTo(INVALID);
    }

    @Test
    @Rule("12.6")
    @Requires(Feature.DEDUPLICATION)
    public final void listenersAreToldOfDuplicates() throws Exception {
        EventLog events = events();
        BackgroundQueue queue = open(options -> options.listener(events));
        queue.enqueue(topic(), "first", PLAIN.deduplicationId("one"));

        queue.enqueue(topic(), "second", PLAIN.deduplicationId("one"));

        assertThat(events.await(TaskEvent.Enqueued.class, 2))
                .extracting(event -> event.receipt().duplicate())
                .containsExactly(false, true);
    }

    @Test
    @Rule("12.7")
    @Requires(Feature.DEAD_LETTERS)
    public final void aVerdictIsToldWhenTheBackendHasTakenIt() throws Exception {
        EventLog events = events();
        BackgroundQueue queue = open(options -> options.listener(events));
        RecordingHandler<String> handler = handler(task -> {
            throw new NonRetryableException("never");
        });
        queue.consume(topic(), String.class, handler);
        for (int i = 0; i < 10; i++) {
            String id = queue.enqueue(topic(), "payload").taskId();

            events.await(
                    TaskEvent.DeadLettered.class,
                    event -> event.taskId().filter(id::equals).isPresent());

            assertThat(queue.admin().findDeadLetter(topic(), id)).isPresent();
        }
    }

    @Test
    @Rule("12.8")
    public final void aListenerThatThrowsDisturbsNobody() throws Exception {
        EventLog events = events();
        BackgroundQueue queue = open(options -> options.listener(event -> {
                    throw new IllegalStateException("a broken listener");
                })
                .listener(events));
        RecordingHandler<Integer> handler = handler();
        queue.consume(topic(), Integer.class, handler);

        for (int i = 0; i < 5; i++) {
            queue.enqueue(topic(), i);
        }

        handler.await(5);
        events.await(TaskEvent.Completed.class, 5);
        staysAt(5, handler);
    }

    private static EnqueueInterceptor trace(String name) {
        return new EnqueueInterceptor() {
            @Override
            public <T> EnqueueRequest<T> intercept(EnqueueRequest<T> request) {
                String before = request.options().headers().getOrDefault("trace", "");
                return request.withOptions(request.options().header("trace", before + ">" + name));
            }
        };
    }

    private static TaskInterceptor around(String name, Queue<String> steps) {
        return new TaskInterceptor() {
            @Override
            public void around(BackgroundTask<?> task, Chain next) throws Exception {
                steps.add("> " + name);
                try {
                    next.proceed();
                } finally {
                    steps.add("< " + name);
                }
            }
        };
    }

    /** What the failure callback of a hook was told. */
    private static final class Failures<A> {
        private final Queue<Map.Entry<A, Throwable>> told = new ConcurrentLinkedQueue<>();

        void add(A argument, Throwable error) {
            told.add(Map.entry(argument, error));
        }

        int count() {
            return told.size();
        }

        Throwable of(A argument) {
            assertThat(told)
                    .singleElement()
                    .satisfies(entry -> assertThat(entry.getKey()).isEqualTo(argument));
            return told.element().getValue();
        }
    }
}
