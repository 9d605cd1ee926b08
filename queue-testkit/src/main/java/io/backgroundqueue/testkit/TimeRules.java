package io.backgroundqueue.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.Feature;
import io.backgroundqueue.RetryPolicy;
import io.backgroundqueue.Scope;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.Time;
import io.backgroundqueue.Worker;
import io.backgroundqueue.WorkerOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Chapter 6 of the contract. Extend {@link BackgroundQueueContract}, which has all chapters. */
public abstract class TimeRules extends DeadLetterRules {
    TimeRules() {}

    @Test
    @Rule({"6.1", "6.2"})
    @Requires(Feature.DELAY)
    public final void aDelayedTaskNeverStartsEarlyAndNotMuchLate() throws Exception {
        RecordingHandler<Integer> handler = handler();
        queue().consume(topic(), Integer.class, handler);
        Map<String, Integer> delays = new HashMap<>();
        Map<String, Long> sent = new HashMap<>();
        for (int millis : List.of(2_500, 1_000, 300, 100, 30, 10)) {
            long before = nanos();
            String id = queue().enqueue(topic(), millis, PLAIN.delay(Duration.ofMillis(millis)))
                    .taskId();
            sent.put(id, before);
            delays.put(id, millis);
        }

        handler.awaitIds(sent.keySet());

        Duration late = capabilities().limits().lateness().plus(slack());
        sent.forEach((id, before) -> {
            Duration delay = Duration.ofMillis(delays.getOrDefault(id, 0));
            Duration waited = between(before, handler.runsOf(id).get(0).startedNanos());
            assertThat(waited).as("the start of a task with delay " + delay).isBetween(delay, delay.plus(late));
        });
        staysAt(6, handler);
    }

    @Test
    @Rule("6.1")
    @Requires(Feature.DELAY)
    public final void aTaskForACertainTimeNeverStartsBefore() throws Exception {
        AtomicReference<Instant> started = new AtomicReference<>(Instant.MIN);
        RecordingHandler<String> handler = handler(task -> started.set(now()));
        queue().consume(topic(), String.class, handler);
        Instant due = now().plusMillis(700);

        String id = queue().enqueue(topic(), "payload", PLAIN.runAt(due)).taskId();

        handler.awaitIds(List.of(id));
        Duration late = capabilities().limits().lateness().plus(slack());
        assertThat(started.get()).isBetween(due, due.plus(late));
    }

    @Test
    @Rule("6.3")
    @Requires(Feature.DELAY)
    public final void noDelayAndATimeInThePastMeanNow() throws Exception {
        RecordingHandler<String> handler = handler();
        queue().consume(topic(), String.class, handler);

        List<String> ids = List.of(
                queue().enqueue(topic(), "zero", PLAIN.delay(Duration.ZERO)).taskId(),
                queue().enqueue(topic(), "past", PLAIN.runAt(now().minusSeconds(3_600)))
                        .taskId(),
                queue().enqueue(topic(), "epoch", PLAIN.runAt(Instant.EPOCH)).taskId());

        handler.awaitIds(ids);
        staysAt(3, handler);
    }

    @Test
    @Rule("6.4")
    @Requires(Feature.DELAY)
    public final void delayedTasksDoNotHoldUpReadyOnes() throws Exception {
        RecordingHandler<String> handler = handler();
        enqueue(topic(), Collections.nCopies(200, "delayed"), PLAIN.delay(Duration.ofHours(1)));
        queue().consume(topic(), String.class, handler, ONE);

        handler.awaitIds(enqueue(topic(), Collections.nCopies(20, "ready"), PLAIN));

        staysAt(20, handler);
        assertThat(handler.payloads()).containsOnly("ready");
    }

    @Test
    @Rule("6.4")
    @Requires(Feature.DELAY)
    public final void aShorterDelayThatCameLaterIsServedFirst() throws Exception {
        RecordingHandler<String> handler = handler();
        queue().consume(topic(), String.class, handler, ONE);
        queue().enqueue(topic(), "an hour", PLAIN.delay(Duration.ofHours(1)));
        Duration apart = capabilities().limits().lateness().plusMillis(300);
        queue().enqueue(topic(), "last", PLAIN.delay(apart.multipliedBy(3)));
        queue().enqueue(topic(), "second", PLAIN.delay(apart.multipliedBy(2)));
        queue().enqueue(topic(), "first", PLAIN.delay(apart));

        handler.await(3);

        assertThat(handler.payloads()).containsExactly("first", "second", "last");
    }

    @Test
    @Rule("6.5")
    @Requires({Feature.DELAY, Feature.LEASE})
    public final void aDelayLongerThanTheLeaseLeadsToOneRun() throws Exception {
        RecordingHandler<String> handler = handler();
        Duration lease = harness().shortLease();
        queue().consume(topic(), String.class, handler, WorkerOptions.DEFAULT.leaseDuration(lease));

        long before = nanos();
        Duration delay = lease.multipliedBy(5).dividedBy(2);
        String id = queue().enqueue(topic(), "payload", PLAIN.delay(delay)).taskId();

        passes(delay);
        handler.awaitIds(List.of(id));
        assertThat(between(before, handler.runs().get(0).startedNanos())).isGreaterThanOrEqualTo(delay);
        staysAt(1, handler);
    }

    @Test
    @Rule("6.5")
    @Requires({Feature.DELAY, Feature.DURABILITY})
    public final void aDelayedTaskOutlivesThatNobodyConsumes() throws Exception {
        Duration delay = Duration.ofMillis(200);
        String id = queue().enqueue(topic(), "payload", PLAIN.delay(delay)).taskId();
        passes(delay.plus(capabilities().limits().lateness()));

        RecordingHandler<String> handler = handler();
        open().consume(topic(), String.class, handler);

        handler.awaitIds(List.of(id));
        staysAt(1, handler);
    }

    @Test
    @Rule("6.6")
    @Requires({Feature.DELAY, Feature.STATS, Feature.PURGE})
    public final void aDelayOfAYearIsKept() throws Exception {
        queue().enqueue(topic(), "payload", PLAIN.delay(Duration.ofDays(365)));
        queue().enqueue(topic(), "payload", PLAIN.runAt(now().plus(Duration.ofDays(3_650))));
        RecordingHandler<String> handler = handler();
        queue().consume(topic(), String.class, handler);

        staysAt(0, handler);

        stats(topic()).delayed().ifPresent(delayed -> assertThat(delayed).isEqualTo(2));
        assertThat(queue().admin().purge(topic(), Scope.READY)).isEqualTo(2);
    }

    @Test
    @Rule("6.7")
    @Requires(Feature.EXPIRY)
    public final void aTaskThatNobodyRanInTimeExpiresWithAnEventAndNoLetter() throws Exception {
        EventLog events = events();
        BackgroundQueue queue = open(options -> options.listener(events));
        Duration span = Duration.ofMillis(200);
        String late = queue.enqueue(topic(), "late", PLAIN.expiresAfter(span)).taskId();
        passes(span.multipliedBy(2));
        String inTime = queue.enqueue(topic(), "in time", PLAIN.expiresAfter(Duration.ofHours(1)))
                .taskId();

        RecordingHandler<String> handler = handler();
        queue.consume(topic(), String.class, handler);

        TaskEvent.Expired expired = events.await(TaskEvent.Expired.class);
        assertThat(expired.taskId()).isEqualTo(late);
        assertThat(expired.due()).isBefore(now());
        handler.awaitIds(List.of(inTime));
        staysAt(1, handler);
        drained(topic());
        if (has(Feature.DEAD_LETTERS)) {
            assertThat(queue.admin().findDeadLetter(topic(), late)).isEmpty();
        }
    }

    @Test
    @Rule("6.7")
    @Requires({Feature.EXPIRY, Feature.DELAY})
    public final void theSpanOfAnExpiryBeginsWhenTheTaskIsDue() throws Exception {
        RecordingHandler<String> handler = handler();
        queue().consume(topic(), String.class, handler);
        Duration span = capabilities().limits().lateness().plus(slack());
        Duration delay = Duration.ofMillis(300);

        String id = queue().enqueue(topic(), "payload", PLAIN.delay(delay).expiresAfter(span))
                .taskId();
        String sooner = queue().enqueue(
                        topic(), "payload", PLAIN.delay(span.plus(delay)).expiresAfter(span))
                .taskId();

        passes(span);
        handler.awaitIds(List.of(id, sooner));
    }

    @Test
    @Rule("6.8")
    @Requires({Feature.EXPIRY, Feature.ATTEMPTS})
    public final void aTaskThatHasHadAVerdictDoesNotExpire() throws Exception {
        Duration span = slack();
        RecordingHandler<String> handler = handler(RecordingHandler.failing(1));
        RetryPolicy longer = RetryPolicy.fixed(span.plusMillis(300));
        queue().consume(topic(), String.class, handler, WorkerOptions.DEFAULT.retryPolicy(longer));
        // What a worker needs to begin is not to be taken from the time of the task.
        queue().enqueue(topic(), "first");
        handler.await(1);

        String id =
                queue().enqueue(topic(), "payload", PLAIN.expiresAfter(span)).taskId();

        handler.await(2);
        passes(span);
        handler.awaitIds(List.of(id));
        assertThat(handler.runsOf(id)).hasSize(2);
    }

    @Test
    @Rule("6.8")
    @Requires({Feature.EXPIRY, Feature.DEAD_LETTERS})
    public final void aReplayedTaskDoesNotExpire() throws Exception {
        Duration span = slack();
        List<String> ids = dead(topic(), List.of("payload"), PLAIN.expiresAfter(span));
        passes(span);
        queue().admin().replayDeadLetters(topic(), letter -> true);

        RecordingHandler<Object> handler = handler();
        queue().consume(topic(), Object.class, handler);

        handler.awaitIds(ids);
    }

    @Test
    @Rule("6.9")
    public final void aJumpOfTheWorkersClockHarmsNoTask() throws Exception {
        assumeTrue(harness().ownClocks(), "all queues here share the backend's clock");
        for (Duration jump : List.of(Duration.ofHours(1), Duration.ofHours(-1))) {
            String topic = newTopic();
            JumpingTime time = new JumpingTime();
            BackgroundQueue jumping = open(options -> options.time(time));
            RecordingHandler<Integer> handler = handler();
            handler.hold();
            Worker worker = jumping.consume(topic, Integer.class, handler, WorkerOptions.DEFAULT.concurrency(5));
            List<String> before = enqueue(topic, IntStream.range(0, 20).boxed().toList(), PLAIN);
            handler.awaitStarted(5);

            time.jump(jump);
            handler.letGo();

            List<String> after = enqueue(topic, IntStream.range(20, 40).boxed().toList(), PLAIN);
            handler.awaitIds(before);
            handler.awaitIds(after);
            staysAt(40, handler);
            worker.close();
        }
    }

    /** The machine's clock, set wrong by hand. */
    private final class JumpingTime implements Time {
        private volatile Duration offset = Duration.ZERO;

        void jump(Duration by) {
            offset = by;
        }

        @Override
        public Instant now() {
            return TimeRules.this.now().plus(offset);
        }

        @Override
        public long nanos() {
            return TimeRules.this.nanos();
        }

        @Override
        @SuppressWarnings("WaitNotInLoop") // the loop is the caller's, as with any condition
        public boolean await(ReentrantLock lock, Condition condition, long deadlineNanos) throws InterruptedException {
            return condition.awaitNanos(deadlineNanos - nanos()) > 0;
        }
    }
}
