package io.backgroundqueue.testkit;

import static io.backgroundqueue.testkit.Ledger.End.COMPLETED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundTaskHandler;
import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.EnqueueRequest;
import io.backgroundqueue.Feature;
import io.backgroundqueue.Idempotency;
import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.NonRetryableException;
import io.backgroundqueue.RetryLaterException;
import io.backgroundqueue.RetryPolicy;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.WorkerOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Chapter 3 of the contract. Extend {@link BackgroundQueueContract}, which has all chapters. */
public abstract class RunRules extends RefusalRules {
    RunRules() {}

    @Test
    @Rule("3.1")
    public final void aTaskWhoseHandlerReturnsIsDoneAndNeverRunsAgain() throws Exception {
        RecordingHandler<String> handler = handler();
        queue().consume(topic(), String.class, handler);

        List<String> ids = enqueue(topic(), List.of("a", "b", "c"), PLAIN);

        handler.awaitIds(ids);
        staysAt(3, handler);
        drained(topic());
    }

    @Test
    @Rule("3.2")
    @Requires(Feature.ATTEMPTS)
    public final void aTaskWhoseHandlerThrowsRunsAgain() throws Exception {
        RecordingHandler<String> handler = handler(RecordingHandler.failing(1));
        queue().consume(topic(), String.class, handler, retrying(WorkerOptions.DEFAULT));

        String id = queue().enqueue(topic(), "payload").taskId();

        handler.awaitIds(List.of(id));
        assertThat(handler.runsOf(id)).extracting(RecordingHandler.Run::attempt).containsExactly(1, 2);
        staysAt(2, handler);
        drained(topic());
    }

    @Test
    @Rule("3.3")
    @Requires(Feature.ATTEMPTS)
    public final void aTaskThatIsToComeLaterDoesSoAndPaysNoAttempt() throws Exception {
        Duration wait = Duration.ofMillis(50);
        AtomicInteger runs = new AtomicInteger();
        RecordingHandler<String> handler = handler(task -> {
            if (runs.incrementAndGet() <= 5) {
                throw new RetryLaterException(wait);
            }
        });
        queue().consume(topic(), String.class, handler);

        String id = queue().enqueue(topic(), "payload", PLAIN.attempts(1)).taskId();

        handler.awaitIds(List.of(id));
        assertThat(handler.runs())
                .hasSize(6)
                .allSatisfy(run -> assertThat(run.attempt()).isEqualTo(1));
        for (int i = 1; i < 6; i++) {
            assertThat(startDistance(handler, i)).as("the wait before run " + i).isGreaterThanOrEqualTo(wait);
        }
    }

    @Test
    @Rule("3.4")
    @Requires(Feature.DEAD_LETTERS)
    public final void aTaskThatCanNeverSucceedDiesAtOnceWithItsReason() throws Exception {
        RecordingHandler<String> handler = handler(task -> {
            throw new NonRetryableException("the address does not exist");
        });
        queue().consume(topic(), String.class, handler);

        String id = queue().enqueue(topic(), "payload").taskId();

        DeadLetter letter = deadLetter(topic(), id);
        assertThat(letter.reason()).isEqualTo(DeadReason.NON_RETRYABLE);
        assertThat(letter.error())
                .hasValueSatisfying(error -> assertThat(error).contains("the address does not exist"));
        staysAt(1, handler);
    }

    @Test
    @Rule("3.5")
    @Requires(Feature.ATTEMPTS)
    public final void anErrorIsAFailedAttemptAndTheWorkerLivesOn() throws Exception {
        List<Error> errors = List.of(
                new StackOverflowError("as told"),
                new AssertionError("as told"),
                new NoClassDefFoundError("as told"),
                new OutOfMemoryError("as told"));
        RecordingHandler<Integer> handler = handler(task -> {
            if (task.attempt() == 1) {
                throw errors.get(task.payload());
            }
        });
        queue().consume(topic(), Integer.class, handler, retrying(ONE));

        List<String> ids = enqueue(topic(), List.of(0, 1, 2, 3), PLAIN);

        handler.awaitIds(ids);
        staysAt(8, handler);
    }

    @Test
    @Rule("3.5")
    @Requires(Feature.ATTEMPTS)
    public final void aRealStackOverflowIsAFailedAttemptToo() throws Exception {
        RecordingHandler<Integer> handler = handler(task -> {
            if (task.attempt() == 1) {
                deeper(task.payload());
            }
        });
        queue().consume(topic(), Integer.class, handler, retrying(ONE));

        String id = queue().enqueue(topic(), 1).taskId();

        handler.awaitIds(List.of(id));
        assertThat(handler.runsOf(id)).hasSize(2);
    }

    @Test
    @Rule("3.6")
    @Requires(Feature.DEAD_LETTERS)
    public final void aPayloadThatCannotBeDecodedDiesAtOnceWithItsRawBytes() throws Exception {
        RecordingHandler<Amount> handler = handler();
        queue().consume(topic(), Amount.class, handler, ONE);

        String poison = queue().enqueue(topic(), "no amount").taskId();
        String sound = queue().enqueue(topic(), new Amount(7)).taskId();

        handler.awaitIds(List.of(sound));
        DeadLetter letter = deadLetter(topic(), poison);
        assertThat(letter.reason()).isEqualTo(DeadReason.UNDECODABLE);
        assertThat(letter.payload().asUtf8()).isEqualTo("\"no amount\"");
        assertThat(handler.runsOf(poison)).isEmpty();
    }

    @Test
    @Rule("3.7")
    @Requires({Feature.ATTEMPTS, Feature.DEAD_LETTERS})
    public final void aHandlerThatRunsTooLongIsInterruptedAndHasFailed() throws Exception {
        Duration timeout = Duration.ofMillis(100);
        RecordingHandler<String> handler = handler(task -> new CountDownLatch(1).await());
        queue().consume(
                        topic(),
                        String.class,
                        handler,
                        retrying(WorkerOptions.DEFAULT).timeout(timeout));

        String id = queue().enqueue(topic(), "payload", PLAIN.attempts(2)).taskId();

        DeadLetter letter = deadLetter(topic(), id);
        assertThat(letter.reason()).isEqualTo(DeadReason.ATTEMPTS_EXHAUSTED);
        assertThat(letter.failures()).isEqualTo(2);
        assertThat(handler.runsOf(id)).extracting(RecordingHandler.Run::attempt).containsExactly(1, 2);
        assertThat(startDistance(handler, 1)).isGreaterThanOrEqualTo(timeout);
    }

    @Test
    @Rule("3.7")
    @Requires(Feature.ATTEMPTS)
    public final void aHandlerWithinItsTimeoutIsNotInterrupted() throws Exception {
        CountDownLatch gate = obstinately();
        RecordingHandler<String> handler = handler(task -> {
            if (task.payload().equals("slow")) {
                gate.await();
            }
        });
        queue().consume(topic(), String.class, handler, WorkerOptions.DEFAULT.timeout(Duration.ofHours(1)));
        String slow = queue().enqueue(topic(), "slow").taskId();
        handler.awaitIds(List.of(queue().enqueue(topic(), "quick").taskId()));

        staysAt(2, handler);
        gate.countDown();

        handler.awaitIds(List.of(slow));
    }

    @Test
    @Rule("3.8")
    @Requires(Feature.ATTEMPTS)
    public final void aHandlerThatIgnoresItsInterruptIsStuckAndTheOthersGoOn() throws Exception {
        EventLog events = new EventLog(patience().times(2));
        BackgroundQueue queue = open(options -> options.listener(events));
        CountDownLatch gate = obstinately();
        RecordingHandler<String> handler = handler(task -> {
            if (task.payload().equals("stuck") && task.attempt() == 1) {
                awaitObstinately(gate);
            }
        });
        WorkerOptions options = retrying(WorkerOptions.DEFAULT.concurrency(2)).timeout(Duration.ofMillis(200));
        queue.consume(topic(), String.class, handler, options);
        String stuck = queue.enqueue(topic(), "stuck").taskId();
        handler.awaitStarted(1);

        List<String> others = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            others.add(queue.enqueue(topic(), "other").taskId());
        }

        handler.awaitIds(others);
        TaskEvent.Stuck event = events.await(TaskEvent.Stuck.class);
        assertThat(event.taskId()).isEqualTo(stuck);
        patience().eventually(() -> handler.runsOf(stuck).size() == 2, () -> "the failure is not settled: " + handler);
        assertThat(handler.runsOf(stuck).get(1).attempt()).isEqualTo(2);
    }

    @Test
    @Rule("3.9")
    public final void noMoreTasksRunAtOnceThanTheConcurrencyAllows() throws Exception {
        RecordingHandler<Integer> handler = handler();
        handler.hold();
        queue().consume(topic(), Integer.class, handler, WorkerOptions.DEFAULT.concurrency(3));

        for (int i = 0; i < 12; i++) {
            queue().enqueue(topic(), i);
        }

        handler.awaitStarted(3);
        staysAt(3, handler);
        handler.letGo(4);
        handler.awaitStarted(7);
        staysAt(7, handler);
        handler.letGo();
        handler.await(12);
        assertThat(handler.mostRunning()).isEqualTo(3);
    }

    @Test
    @Rule({"3.1", "3.10"})
    public final void tenThousandTasksRunExactlyOnce() throws Exception {
        Ledger ledger = new Ledger();
        RecordingHandler<Integer> handler = handler();
        queue().consume(topic(), Integer.class, handler, WorkerOptions.DEFAULT.concurrency(50));
        List<String> ids = new ArrayList<>();
        for (int from = 0; from < 10_000; from += 500) {
            List<EnqueueRequest<Integer>> batch = IntStream.range(from, from + 500)
                    .mapToObj(i -> new EnqueueRequest<>(topic(), i))
                    .toList();
            queue().enqueueAll(batch).forEach(result -> ids.add(result.orThrow().taskId()));
        }
        ids.forEach(ledger::accepted);

        patience().times(4).eventually(() -> handler.ended() >= 10_000, () -> "not drained: " + handler);
        staysAt(10_000, handler);

        ledger.ended(COMPLETED, handler.completed());
        assertThat(ledger.assertBalanced().duplicates())
                .as("duplicates without any fault")
                .isZero();
        drained(topic());
    }

    @Test
    @Rule("3.11")
    public final void topicsAreIsolatedFromEachOther() throws Exception {
        String other = newTopic();
        RecordingHandler<String> here = handler();
        RecordingHandler<String> there = handler();
        queue().consume(topic(), String.class, here);
        queue().consume(other, String.class, there);

        List<String> mine = enqueue(topic(), List.of("a", "b", "c"), PLAIN);
        List<String> theirs = enqueue(other, List.of("d", "e"), PLAIN);

        here.awaitIds(mine);
        there.awaitIds(theirs);
        staysAt(3, here);
        staysAt(2, there);
    }

    @Test
    @Rule("3.11")
    @Requires(Feature.DURABILITY)
    public final void aWorkerOfOneTopicLeavesTheTasksOfOthersAlone() throws Exception {
        String other = newTopic();
        List<String> waiting = enqueue(other, List.of("a", "b", "c", "d", "e"), PLAIN);
        RecordingHandler<String> here = handler();
        BackgroundQueue busy = open();
        busy.consume(topic(), String.class, here);
        here.awaitIds(enqueue(topic(), List.of("x", "y", "z"), PLAIN));
        busy.close();

        RecordingHandler<String> there = handler();
        queue().consume(other, String.class, there);

        there.awaitIds(waiting);
        staysAt(5, there);
        staysAt(3, here);
    }

    @Test
    @Rule("3.12")
    @Requires(Feature.DURABILITY)
    public final void workersOfSeveralProcessesShareATopic() throws Exception {
        RecordingHandler<Integer> handler = handler();
        handler.hold();
        for (int i = 0; i < 3; i++) {
            open().consume(
                            topic(),
                            Integer.class,
                            handler,
                            WorkerOptions.DEFAULT.concurrency(2).prefetch(0));
        }

        List<String> ids = enqueue(topic(), IntStream.range(0, 60).boxed().toList(), PLAIN);

        handler.awaitStarted(6);
        handler.letGo();
        handler.awaitIds(ids);
        staysAt(60, handler);
        assertThat(handler.mostRunning()).isBetween(4, 6);
    }

    @Test
    @Rule("3.13")
    public final void oneLongHandlerDoesNotHoldUpTheOthers() throws Exception {
        CountDownLatch gate = obstinately();
        RecordingHandler<String> handler = handler(task -> {
            if (task.payload().equals("long")) {
                gate.await();
            }
        });
        queue().consume(topic(), String.class, handler, WorkerOptions.DEFAULT.concurrency(2));
        String longOne = queue().enqueue(topic(), "long").taskId();
        handler.awaitStarted(1);

        List<String> shorts = enqueue(topic(), java.util.Collections.nCopies(200, "short"), PLAIN);

        handler.awaitIds(shorts);
        assertThat(handler.running()).isEqualTo(1);
        gate.countDown();
        handler.awaitIds(List.of(longOne));
        staysAt(201, handler);
    }

    @Test
    @Rule({"3.13", "4.6"})
    @Requires(Feature.ATTEMPTS)
    public final void aStormOfRetriesDoesNotHoldUpFreshTasks() throws Exception {
        RecordingHandler<String> handler = handler(task -> {
            if (task.payload().equals("bad")) {
                throw new IllegalStateException("as told");
            }
        });
        WorkerOptions options = WorkerOptions.DEFAULT.retryPolicy(RetryPolicy.fixed(Duration.ofHours(1)));
        queue().consume(topic(), String.class, handler, options.concurrency(5));
        enqueue(topic(), java.util.Collections.nCopies(300, "bad"), PLAIN);
        handler.await(300);

        handler.awaitIds(enqueue(topic(), java.util.Collections.nCopies(50, "fresh"), PLAIN));

        staysAt(350, handler);
    }

    @Test
    @Rule("3.14")
    public final void aHandlersInterruptFlagHarmsNeitherItsVerdictNorTheNextRun() throws Exception {
        AtomicInteger interrupted = new AtomicInteger();
        RecordingHandler<Integer> handler = handler(task -> {
            if (Thread.currentThread().isInterrupted()) {
                interrupted.incrementAndGet();
            }
            Thread.currentThread().interrupt();
        });
        queue().consume(topic(), Integer.class, handler, WorkerOptions.DEFAULT.concurrency(2));

        List<String> ids = enqueue(topic(), IntStream.range(0, 30).boxed().toList(), PLAIN);

        handler.awaitIds(ids);
        staysAt(30, handler);
        drained(topic());
        assertThat(interrupted).as("runs that began interrupted").hasValue(0);
    }

    @Test
    @Rule("3.15")
    @Requires(Feature.ATTEMPTS)
    public final void anEffectGuardedByIdempotencyHappensOnceOverAllRuns() throws Exception {
        Optional<KeyValueStore> opened = harness().openStore();
        assumeTrue(opened.isPresent(), "this backend brings no KeyValueStore");
        KeyValueStore store = closeLater(opened.orElseThrow());
        AtomicInteger effects = new AtomicInteger();
        BackgroundTaskHandler<String> script = task -> {
            Idempotency.once(store, "mail|" + task.id(), Duration.ofMinutes(1), effects::incrementAndGet);
            if (task.attempt() < 3) {
                throw new IllegalStateException("after the effect");
            }
        };
        RecordingHandler<String> handler = handler(script);
        queue().consume(topic(), String.class, handler, retrying(WorkerOptions.DEFAULT));

        List<String> ids = enqueue(topic(), List.of("a", "b"), PLAIN.attempts(3));

        handler.awaitIds(ids);
        assertThat(handler.runs()).hasSize(6);
        assertThat(effects).hasValue(2);
    }

    @Test
    @Rule("3.16")
    public final void handlersRunOnTheGivenExecutorWhichIsNotShutDown() throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(4, work -> new Thread(work, "the application's own"));
        closeLater(executor::shutdownNow);
        BackgroundQueue queue = open(options -> options.executor(executor));
        RecordingHandler<Integer> handler = handler();
        queue.consume(topic(), Integer.class, handler, WorkerOptions.DEFAULT.concurrency(4));

        for (int i = 0; i < 20; i++) {
            queue.enqueue(topic(), i);
        }
        handler.await(20);
        queue.close();

        assertThat(handler.runs())
                .allSatisfy(run -> assertThat(run.thread().getName()).isEqualTo("the application's own"));
        assertThat(executor.isShutdown()).isFalse();
    }

    @Test
    @Rule("3.17")
    @Requires(Feature.RELEASE)
    public final void anExecutorThatHasNoRoomLosesNoTask() throws Exception {
        ThreadPoolExecutor executor = new ThreadPoolExecutor(1, 1, 1, TimeUnit.MINUTES, new SynchronousQueue<>());
        closeLater(executor::shutdownNow);
        BackgroundQueue queue = open(options -> options.executor(executor));
        RecordingHandler<Integer> handler = handler();
        queue.consume(topic(), Integer.class, handler, WorkerOptions.DEFAULT.concurrency(5));

        List<String> ids = enqueue(topic(), IntStream.range(0, 30).boxed().toList(), PLAIN);

        handler.awaitIds(ids);
        staysAt(30, handler);
        assertThat(handler.runs()).allSatisfy(run -> assertThat(run.attempt()).isEqualTo(1));
        drained(topic());
    }

    /** Waits until the task is among the dead letters, and answers its letter. */
    final DeadLetter deadLetter(String name, String id) throws Exception {
        patience()
                .eventually(
                        () -> queue().admin().findDeadLetter(name, id).isPresent(),
                        () -> "no dead letter of task " + id + " on " + name);
        return queue().admin().findDeadLetter(name, id).orElseThrow();
    }

    /** How long after the run before it run {@code index} began. */
    static Duration startDistance(RecordingHandler<?> handler, int index) {
        return between(
                handler.runs().get(index - 1).startedNanos(),
                handler.runs().get(index).startedNanos());
    }

    private static int deeper(int depth) {
        return depth == Integer.MIN_VALUE ? 0 : deeper(depth + 1) + 1;
    }

    /** A payload that a text is not. */
    record Amount(int cents) {}
}
