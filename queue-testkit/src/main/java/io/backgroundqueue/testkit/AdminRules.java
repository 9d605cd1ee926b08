package io.backgroundqueue.testkit;

import static io.backgroundqueue.QueueException.Kind.CLOSED;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.Feature;
import io.backgroundqueue.NonRetryableException;
import io.backgroundqueue.RetryPolicy;
import io.backgroundqueue.Scope;
import io.backgroundqueue.TopicStats;
import io.backgroundqueue.Worker;
import io.backgroundqueue.WorkerOptions;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Chapter 10 of the contract. Extend {@link BackgroundQueueContract}, which has all chapters. */
public abstract class AdminRules extends LeaseRules {
    AdminRules() {}

    @Test
    @Rule("10.1")
    @Requires(Feature.DURABILITY)
    public final void aPausedWorkerStartsNothingUntilItIsResumed() throws Exception {
        RecordingHandler<Integer> handler = handler();
        Worker worker = queue().consume(topic(), Integer.class, handler);
        assertThat(worker.topic()).isEqualTo(topic());
        handler.awaitIds(enqueue(topic(), List.of(1, 2), PLAIN));

        worker.pause();
        worker.pause();
        List<String> ids = enqueue(topic(), List.of(3, 4, 5), PLAIN);
        staysAt(2, handler);
        worker.resume();
        worker.resume();

        handler.awaitIds(ids);
        staysAt(5, handler);
    }

    @Test
    @Rule("10.1")
    public final void whatRunsWhenAWorkerIsPausedEndsAsUsual() throws Exception {
        RecordingHandler<String> handler = handler();
        handler.hold();
        Worker worker = queue().consume(topic(), String.class, handler);
        String id = queue().enqueue(topic(), "payload").taskId();
        handler.awaitStarted(1);

        worker.pause();
        assertThat(handler.running()).isEqualTo(1);
        handler.letGo();

        handler.awaitIds(List.of(id));
        drained(topic());
        staysAt(1, handler);
    }

    @Test
    @Rule("10.2")
    @Requires({Feature.RELEASE, Feature.DURABILITY})
    public final void whatAPausedWorkerHadNotStartedRunsElsewhereAtNoCost() throws Exception {
        RecordingHandler<Integer> first = handler();
        first.hold();
        Worker worker = queue().consume(topic(), Integer.class, first, WorkerOptions.DEFAULT.concurrency(2));
        List<String> ids = enqueue(topic(), IntStream.range(0, 30).boxed().toList(), PLAIN);
        first.awaitStarted(2);

        worker.pause();
        RecordingHandler<Integer> second = handler();
        open().consume(topic(), Integer.class, second);

        second.await(28);
        staysAt(28, second);
        assertThat(first.started()).isEqualTo(2);
        assertThat(second.runs()).allSatisfy(run -> {
            assertThat(run.attempt()).isEqualTo(1);
            assertThat(run.task().interruptions()).isZero();
        });
        first.letGo();
        first.await(2);
        assertThat(second.completed()).hasSize(28).isSubsetOf(ids);
        drained(topic());
    }

    @Test
    @Rule("10.2")
    @Requires(Feature.DURABILITY)
    public final void pausingOneWorkerDoesNotPauseOthers() throws Exception {
        String other = newTopic();
        RecordingHandler<Integer> paused = handler();
        RecordingHandler<Integer> working = handler();
        Worker worker = queue().consume(topic(), Integer.class, paused);
        queue().consume(other, Integer.class, working);
        worker.pause();

        working.awaitIds(enqueue(other, List.of(1, 2, 3), PLAIN));

        staysAt(0, paused);
    }

    @Test
    @Rule("10.3")
    public final void aTopicMayBeConsumedAgainAfterItsWorkerHasEnded() throws Exception {
        RecordingHandler<String> first = handler();
        Worker worker = queue().consume(topic(), String.class, first);
        first.awaitIds(List.of(queue().enqueue(topic(), "a").taskId()));
        worker.shutdown(Duration.ofSeconds(5));
        worker.shutdown(Duration.ofSeconds(5));

        RecordingHandler<String> second = handler();
        queue().consume(topic(), String.class, second);

        second.awaitIds(List.of(queue().enqueue(topic(), "b").taskId()));
        assertThat(first.started()).isEqualTo(1);
    }

    @Test
    @Rule("10.4")
    @Requires(Feature.CANCEL)
    public final void aWaitingTaskIsCancelledOnce() throws Exception {
        List<String> ids = enqueue(topic(), List.of("a", "b", "c"), PLAIN);

        assertThat(queue().admin().cancel(topic(), ids.get(1))).isTrue();
        assertThat(queue().admin().cancel(topic(), ids.get(1)))
                .as("a second time")
                .isFalse();
        assertThat(queue().admin().cancel(newTopic(), ids.get(0)))
                .as("on another topic")
                .isFalse();
        assertThat(queue().admin().cancel(topic(), "no-such-task")).isFalse();

        RecordingHandler<String> handler = handler();
        queue().consume(topic(), String.class, handler);
        handler.awaitIds(List.of(ids.get(0), ids.get(2)));
        staysAt(2, handler);
        assertThat(queue().admin().cancel(topic(), ids.get(0)))
                .as("after its end")
                .isFalse();
        drained(topic());
    }

    @Test
    @Rule("10.4")
    @Requires({Feature.CANCEL, Feature.DELAY})
    public final void aDelayedTaskIsCancelled() throws Exception {
        RecordingHandler<String> handler = handler();
        queue().consume(topic(), String.class, handler);
        String id = queue().enqueue(topic(), "payload", PLAIN.delay(Duration.ofMillis(200)))
                .taskId();

        assertThat(queue().admin().cancel(topic(), id)).isTrue();

        passes(capabilities().limits().lateness().plusMillis(200));
        staysAt(0, handler);
        drained(topic());
    }

    @Test
    @Rule("10.4")
    @Requires({Feature.CANCEL, Feature.ATTEMPTS})
    public final void aTaskThatWaitsForItsRetryIsCancelled() throws Exception {
        RecordingHandler<String> handler = handler(RecordingHandler.failing(1));
        RetryPolicy later = RetryPolicy.fixed(Duration.ofMillis(500));
        queue().consume(topic(), String.class, handler, WorkerOptions.DEFAULT.retryPolicy(later));
        String id = queue().enqueue(topic(), "payload").taskId();
        handler.await(1);

        // The verdict of the first run is on its way: until it is stored, a worker holds the task.
        eventually(() -> handler.started() > 1 || queue().admin().cancel(topic(), id), "the retry cannot be cancelled");

        passes(capabilities().limits().lateness().plusMillis(500));
        staysAt(1, handler);
    }

    @Test
    @Rule("10.5")
    @Requires(Feature.CANCEL)
    public final void aRunningTaskIsNotCancelled() throws Exception {
        RecordingHandler<String> handler = handler();
        handler.hold();
        queue().consume(topic(), String.class, handler);
        String id = queue().enqueue(topic(), "payload").taskId();
        handler.awaitStarted(1);

        assertThat(queue().admin().cancel(topic(), id)).isFalse();

        handler.letGo();
        handler.awaitIds(List.of(id));
        drained(topic());
    }

    @Test
    @Rule("10.6")
    @Requires({Feature.PURGE, Feature.DEAD_LETTERS})
    public final void purgingDeletesWhatWaitsAndNothingElse() throws Exception {
        RecordingHandler<String> handler = handler(task -> {
            if (task.payload().equals("dead")) {
                throw new NonRetryableException("as told");
            }
        });
        Worker worker = queue().consume(topic(), String.class, handler, ONE);
        String dead = queue().enqueue(topic(), "dead").taskId();
        deadLetter(topic(), dead);
        handler.hold();
        String running = queue().enqueue(topic(), "running").taskId();
        handler.awaitStarted(2);
        worker.pause();
        enqueue(topic(), Collections.nCopies(5, "waiting"), PLAIN);
        if (has(Feature.DELAY)) {
            enqueue(topic(), Collections.nCopies(3, "delayed"), PLAIN.delay(Duration.ofHours(1)));
        }

        long purged = queue().admin().purge(topic(), Scope.READY);

        assertThat(purged).isEqualTo(has(Feature.DELAY) ? 8 : 5);
        handler.letGo();
        worker.resume();
        handler.awaitIds(List.of(running));
        staysAt(2, handler);
        assertThat(queue().admin().findDeadLetter(topic(), dead)).isPresent();
        drained(topic());
    }

    @Test
    @Rule("10.7")
    @Requires({Feature.STATS, Feature.DURABILITY})
    public final void statsTellHowTheTopicStands() throws Exception {
        RecordingHandler<Integer> handler = handler();
        handler.hold();
        enqueue(topic(), List.of(1, 2, 3, 4, 5), PLAIN);
        if (has(Feature.DELAY)) {
            enqueue(topic(), List.of(6, 7), PLAIN.delay(Duration.ofHours(1)));
        }
        stands(new Counts(5, has(Feature.DELAY) ? 2 : 0, 0));
        Worker worker = queue().consume(topic(), Integer.class, handler, ONE.prefetch(0));
        handler.awaitStarted(1);
        worker.pause();
        stands(new Counts(4, has(Feature.DELAY) ? 2 : 0, 1));
        stats(topic()).oldestReady().ifPresent(age -> assertThat(age).isBetween(Duration.ZERO, Duration.ofMinutes(5)));

        handler.letGo();
        worker.resume();

        handler.await(5);
        stands(new Counts(0, has(Feature.DELAY) ? 2 : 0, 0));
        assertThat(stats(topic()).oldestReady().orElse(Duration.ZERO)).isZero();
    }

    @Test
    @Rule("10.7")
    @Requires(Feature.STATS)
    public final void aTopicThatNobodyUsedIsEmpty() throws Exception {
        TopicStats stats = queue().admin().stats(newTopic());

        for (OptionalLong count : List.of(stats.ready(), stats.delayed(), stats.running(), stats.dead())) {
            assertThat(count.orElse(0)).isZero();
        }
        assertThat(stats.oldestReady()).isEmpty();
    }

    @Test
    @Rule("10.8")
    public final void aHealthyBackendPassesTheCheck() throws Exception {
        requireQueueOptions();

        queue().admin().check();
    }

    @Test
    @Rule("10.9")
    @Requires({Feature.STATS, Feature.DEAD_LETTERS})
    public final void theAdminOfAClosedQueueSaysThatItIsClosed() throws Exception {
        BackgroundQueue closed = open();
        closed.close();

        refused(CLOSED, () -> closed.admin().stats(topic()), "closed");
        refused(CLOSED, () -> closed.admin().deadLetters(topic()), "closed");
        refused(CLOSED, () -> closed.admin().purge(topic(), Scope.DEAD), "closed");
        refused(CLOSED, () -> closed.admin().check(), "closed");
    }

    private record Counts(long ready, long delayed, long running) {
        boolean match(TopicStats stats) {
            return stats.ready().orElse(ready) == ready
                    && stats.delayed().orElse(delayed) == delayed
                    && stats.running().orElse(running) == running;
        }
    }

    private void stands(Counts counts) throws Exception {
        patience().eventually(() -> counts.match(stats(topic())), () -> {
            try {
                return counts + " expected, and stats say " + stats(topic());
            } catch (Exception failed) {
                return counts + " expected, and stats fail: " + failed;
            }
        });
    }
}
