package io.backgroundqueue.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Feature;
import io.backgroundqueue.RetryPolicy;
import io.backgroundqueue.WorkerOptions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Chapter 4 of the contract. Extend {@link BackgroundQueueContract}, which has all chapters. */
public abstract class AttemptRules extends RunRules {
    AttemptRules() {}

    @Test
    @Rule("4.1")
    @Requires({Feature.ATTEMPTS, Feature.DEAD_LETTERS})
    public final void aTaskFailsExactlyAsOftenAsItsAttemptsAllow() throws Exception {
        RecordingHandler<String> handler = handler(RecordingHandler.failing(100));
        queue().consume(topic(), String.class, handler, retrying(WorkerOptions.DEFAULT));

        for (int attempts : List.of(1, 3, 5)) {
            String id = queue().enqueue(topic(), "payload", PLAIN.attempts(attempts))
                    .taskId();

            DeadLetter letter = deadLetter(topic(), id);
            assertThat(letter.reason()).isEqualTo(DeadReason.ATTEMPTS_EXHAUSTED);
            assertThat(letter.failures()).isEqualTo(attempts);
            assertThat(letter.attempts()).hasValue(attempts);
            assertThat(attemptsOf(handler, id)).isEqualTo(oneTo(attempts));
        }
        staysAt(9, handler);
    }

    @Test
    @Rule("4.2")
    @Requires({Feature.ATTEMPTS, Feature.DEAD_LETTERS})
    public final void withoutAWordFromTheProducerTheWorkersAttemptsHold() throws Exception {
        RecordingHandler<String> handler = handler(RecordingHandler.failing(100));
        queue().consume(
                        topic(),
                        String.class,
                        handler,
                        retrying(WorkerOptions.DEFAULT).attempts(2));

        String silent = queue().enqueue(topic(), "payload").taskId();
        String explicit = queue().enqueue(topic(), "payload", PLAIN.attempts(4)).taskId();

        deadLetter(topic(), silent);
        deadLetter(topic(), explicit);
        assertThat(attemptsOf(handler, silent)).isEqualTo(oneTo(2));
        assertThat(attemptsOf(handler, explicit)).isEqualTo(oneTo(4));
        assertThat(handler.runsOf(silent))
                .allSatisfy(run -> assertThat(run.task().maxAttempts()).isEqualTo(2));
        assertThat(handler.runsOf(explicit))
                .allSatisfy(run -> assertThat(run.task().maxAttempts()).isEqualTo(4));
    }

    @Test
    @Rule("4.2")
    @Requires({Feature.ATTEMPTS, Feature.DEAD_LETTERS})
    public final void withoutAnyWordATaskMayFailThreeTimes() throws Exception {
        RecordingHandler<String> handler = handler(RecordingHandler.failing(100));
        queue().consume(topic(), String.class, handler, retrying(WorkerOptions.DEFAULT));

        String id = queue().enqueue(topic(), "payload").taskId();

        assertThat(deadLetter(topic(), id).failures()).isEqualTo(3);
        assertThat(attemptsOf(handler, id)).isEqualTo(oneTo(3));
        staysAt(3, handler);
    }

    @Test
    @Rule({"3.1", "4.1"})
    @Requires({Feature.ATTEMPTS, Feature.DEAD_LETTERS})
    public final void aTaskThatSucceedsInItsLastAttemptIsDone() throws Exception {
        RecordingHandler<String> handler = handler(RecordingHandler.failing(4));
        queue().consume(topic(), String.class, handler, retrying(WorkerOptions.DEFAULT));

        String id = queue().enqueue(topic(), "payload", PLAIN.attempts(5)).taskId();

        handler.awaitIds(List.of(id));
        staysAt(5, handler);
        drained(topic());
        assertThat(queue().admin().findDeadLetter(topic(), id)).isEmpty();
    }

    @Test
    @Rule("4.3")
    @Requires(Feature.ATTEMPTS)
    public final void aRetryNeverComesBeforeThePolicySaysAndNotMuchLater() throws Exception {
        List<Duration> waits = List.of(Duration.ofMillis(100), Duration.ofMillis(300), Duration.ofMillis(700));
        RecordingHandler<String> handler = handler(RecordingHandler.failing(3));
        RetryPolicy policy = RetryPolicy.waits(waits.toArray(Duration[]::new));
        queue().consume(topic(), String.class, handler, WorkerOptions.DEFAULT.retryPolicy(policy));

        String id = queue().enqueue(topic(), "payload", PLAIN.attempts(4)).taskId();

        handler.awaitIds(List.of(id));
        Duration late = capabilities().limits().lateness().plus(slack());
        for (int i = 0; i < waits.size(); i++) {
            assertThat(startDistance(handler, i + 1))
                    .as("the wait after failure " + (i + 1))
                    .isBetween(waits.get(i), waits.get(i).plus(late));
        }
    }

    @Test
    @Rule("4.4")
    @Requires({Feature.ATTEMPTS, Feature.DEAD_LETTERS})
    public final void thePolicyIsAskedWithTheNumberOfFailuresAndTheError() throws Exception {
        Queue<String> asked = new ConcurrentLinkedQueue<>();
        RetryPolicy policy = (failures, error) -> {
            asked.add(failures + " " + error.getMessage());
            return Optional.of(Duration.ZERO);
        };
        RecordingHandler<String> handler = handler(RecordingHandler.failing(100));
        queue().consume(topic(), String.class, handler, WorkerOptions.DEFAULT.retryPolicy(policy));

        String id = queue().enqueue(topic(), "payload", PLAIN.attempts(3)).taskId();

        deadLetter(topic(), id);
        assertThat(asked).startsWith("1 failure 1 as told", "2 failure 2 as told");
    }

    @Test
    @Rule("4.5")
    @Requires({Feature.ATTEMPTS, Feature.DEAD_LETTERS})
    public final void aPolicyMaySendATaskToTheDeadLettersWhateverAttemptsAreLeft() throws Exception {
        RecordingHandler<String> handler = handler(task -> {
            throw task.payload().equals("hopeless")
                    ? new IllegalArgumentException("hopeless")
                    : new IllegalStateException("perhaps");
        });
        RetryPolicy policy = RetryPolicy.fixed(Duration.ZERO).notOn(IllegalArgumentException.class);
        queue().consume(topic(), String.class, handler, WorkerOptions.DEFAULT.retryPolicy(policy));

        String hopeless =
                queue().enqueue(topic(), "hopeless", PLAIN.attempts(5)).taskId();
        String perhaps = queue().enqueue(topic(), "perhaps", PLAIN.attempts(2)).taskId();

        assertThat(deadLetter(topic(), hopeless).reason()).isEqualTo(DeadReason.NON_RETRYABLE);
        assertThat(deadLetter(topic(), perhaps).reason()).isEqualTo(DeadReason.ATTEMPTS_EXHAUSTED);
        assertThat(attemptsOf(handler, hopeless)).isEqualTo(oneTo(1));
        assertThat(attemptsOf(handler, perhaps)).isEqualTo(oneTo(2));
    }

    @Test
    @Rule("4.5")
    @Requires({Feature.ATTEMPTS, Feature.DEAD_LETTERS})
    public final void aPolicyThatThrowsLosesNoTask() throws Exception {
        RetryPolicy broken = (failures, error) -> {
            throw new IllegalStateException("the policy is broken");
        };
        RecordingHandler<String> handler = handler(RecordingHandler.failing(1));
        queue().consume(topic(), String.class, handler, WorkerOptions.DEFAULT.retryPolicy(broken));

        String id = queue().enqueue(topic(), "payload", PLAIN.attempts(2)).taskId();

        patience()
                .eventually(
                        () -> handler.completed().contains(id)
                                || queue().admin().findDeadLetter(topic(), id).isPresent(),
                        () -> "task " + id + " is gone: " + handler);
    }

    @Test
    @Rule("4.6")
    @Requires(Feature.ATTEMPTS)
    public final void failuresOfOneTaskAreNotChargedToAnother() throws Exception {
        RecordingHandler<String> handler = handler(task -> {
            if (task.payload().equals("bad") && task.attempt() < 5) {
                throw new IllegalStateException("as told");
            }
        });
        queue().consume(topic(), String.class, handler, retrying(ONE));
        String bad = queue().enqueue(topic(), "bad", PLAIN.attempts(5)).taskId();

        List<String> good = enqueue(topic(), java.util.Collections.nCopies(20, "good"), PLAIN.attempts(1));

        handler.awaitIds(good);
        handler.awaitIds(List.of(bad));
        assertThat(good).allSatisfy(id -> assertThat(attemptsOf(handler, id)).isEqualTo(oneTo(1)));
        staysAt(25, handler);
    }

    static List<Integer> attemptsOf(RecordingHandler<?> handler, String id) {
        return handler.runsOf(id).stream().map(RecordingHandler.Run::attempt).toList();
    }

    static List<Integer> oneTo(int last) {
        return IntStream.rangeClosed(1, last).boxed().toList();
    }
}
