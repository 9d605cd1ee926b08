package io.backgroundqueue.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.BackgroundTask;
import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.DeadLetters;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.Feature;
import io.backgroundqueue.NonRetryableException;
import io.backgroundqueue.Scope;
import io.backgroundqueue.Worker;
import io.backgroundqueue.WorkerOptions;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Chapter 5 of the contract. Extend {@link BackgroundQueueContract}, which has all chapters. */
public abstract class DeadLetterRules extends AttemptRules {
    DeadLetterRules() {}

    @Test
    @Rule("5.1")
    @Requires({Feature.DEAD_LETTERS, Feature.ATTEMPTS})
    public final void aDeadLetterTellsEverythingAboutItsTask() throws Exception {
        RecordingHandler<Amount> handler = handler(task -> {
            throw new IllegalStateException("no money left");
        });
        queue().consume(topic(), Amount.class, handler, retrying(WorkerOptions.DEFAULT));
        EnqueueOptions options = PLAIN.attempts(2).header("tenant", "seven");

        EnqueueReceipt receipt = queue().enqueue(topic(), new Amount(7), options);

        DeadLetter letter = deadLetter(topic(), receipt.taskId());
        assertThat(letter.id()).isEqualTo(receipt.taskId());
        assertThat(letter.topic()).isEqualTo(topic());
        assertThat(letter.reason()).isEqualTo(DeadReason.ATTEMPTS_EXHAUSTED);
        assertThat(letter.error()).hasValueSatisfying(error -> assertThat(error).contains("no money left"));
        assertThat(letter.failures()).isEqualTo(2);
        assertThat(letter.interruptions()).isZero();
        assertThat(letter.attempts()).hasValue(2);
        assertThat(letter.priority()).isZero();
        assertThat(letter.headers()).isEqualTo(Map.of("tenant", "seven"));
        assertThat(letter.payload().asUtf8()).isEqualTo("{\"cents\":7}");
        assertThat(letter.enqueuedAt())
                .hasValueSatisfying(time -> assertThat(time.truncatedTo(ChronoUnit.MILLIS))
                        .isEqualTo(receipt.enqueuedAt().truncatedTo(ChronoUnit.MILLIS)));
        letter.diedAt()
                .ifPresent(
                        time -> assertThat(time).isBetween(receipt.enqueuedAt().minus(slack()), now().plus(slack())));
    }

    @Test
    @Rule("5.2")
    @Requires(Feature.DEAD_LETTERS)
    public final void deadLettersAreListedOldestFirstCountedAndFound() throws Exception {
        List<String> ids = dead(topic(), List.of("a", "b", "c"), PLAIN);

        assertThat(letterIds(topic())).isEqualTo(ids);
        assertThat(queue().admin().listDeadLetters(topic(), 2))
                .extracting(DeadLetter::id)
                .isEqualTo(ids.subList(0, 2));
        assertThat(queue().admin().findDeadLetter(topic(), ids.get(1)))
                .hasValueSatisfying(letter -> assertThat(letter.id()).isEqualTo(ids.get(1)));
        assertThat(queue().admin().findDeadLetter(topic(), "no-such-task")).isEmpty();
        deadCount(topic(), 3);
    }

    @Test
    @Rule("5.2")
    @Requires(Feature.DEAD_LETTERS)
    public final void aTopicWithoutDeadLettersHasNone() throws Exception {
        try (DeadLetters walk = queue().admin().deadLetters(topic())) {
            assertThat(walk.next(10)).isEmpty();
            assertThat(walk.next(10)).isEmpty();
        }
    }

    @Test
    @Rule("5.3")
    @Requires(Feature.DEAD_LETTERS)
    public final void walkingThirtyTimesChangesNothing() throws Exception {
        List<String> ids = dead(topic(), List.of("a", "b", "c"), PLAIN);

        for (int walk = 0; walk < 30; walk++) {
            assertThat(letterIds(topic())).as("walk " + walk).isEqualTo(ids);
        }
        deadCount(topic(), 3);
    }

    @Test
    @Rule("5.3")
    @Requires(Feature.DEAD_LETTERS)
    public final void aWalkMeetsEveryLetterOnceHoweverManyThereAre() throws Exception {
        List<String> ids = dead(topic(), IntStream.range(0, 250).boxed().toList(), PLAIN);

        List<String> met = new ArrayList<>();
        try (DeadLetters walk = queue().admin().deadLetters(topic())) {
            List<DeadLetter> page = walk.next(30);
            while (!page.isEmpty()) {
                assertThat(page.size()).isLessThanOrEqualTo(30);
                page.forEach(letter -> met.add(letter.id()));
                page = walk.next(30);
            }
        }

        assertThat(met).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(ids);
    }

    @Test
    @Rule("5.4")
    @Requires({Feature.DEAD_LETTERS, Feature.ATTEMPTS})
    public final void aReplayedTaskKeepsItsIdAndItsAttemptsStartAnew() throws Exception {
        RecordingHandler<String> handler = handler(RecordingHandler.failing(100));
        queue().consume(topic(), String.class, handler, retrying(WorkerOptions.DEFAULT));
        String id = queue().enqueue(topic(), "payload", PLAIN.attempts(2).header("tenant", "seven"))
                .taskId();
        deadLetter(topic(), id);

        assertThat(queue().admin().replayDeadLetters(topic(), letter -> true)).isEqualTo(1);

        handler.await(4);
        DeadLetter again = deadLetter(topic(), id);
        assertThat(attemptsOf(handler, id)).containsExactly(1, 2, 1, 2);
        assertThat(handler.runsOf(id))
                .extracting(run -> run.task().replayed())
                .containsExactly(false, false, true, true);
        assertThat(handler.runsOf(id)).allSatisfy(run -> {
            assertThat(run.payload()).isEqualTo("payload");
            assertThat(run.task().headers()).isEqualTo(Map.of("tenant", "seven"));
        });
        assertThat(again.failures()).isEqualTo(2);
        deadCount(topic(), 1);
    }

    @Test
    @Rule("5.4")
    @Requires(Feature.DEAD_LETTERS)
    public final void aReplayedTaskThatSucceedsIsDoneAndItsLetterIsGone() throws Exception {
        List<String> ids = dead(topic(), List.of("a", "b"), PLAIN);

        assertThat(queue().admin().replayDeadLetters(topic(), letter -> true)).isEqualTo(2);

        RecordingHandler<Object> handler = handler();
        queue().consume(topic(), Object.class, handler);
        handler.awaitIds(ids);
        staysAt(2, handler);
        assertThat(letterIds(topic())).isEmpty();
        deadCount(topic(), 0);
        drained(topic());
    }

    @Test
    @Rule("5.5")
    @Requires({Feature.DEAD_LETTERS, Feature.FIFO})
    public final void aReplayedTaskGoesBehindThoseThatAreReady() throws Exception {
        List<String> replayed = dead(topic(), List.of("replayed"), PLAIN);
        List<String> order = new ArrayList<>(enqueue(topic(), List.of("a", "b", "c"), PLAIN));
        queue().admin().replayDeadLetters(topic(), letter -> true);
        order.addAll(replayed);

        RecordingHandler<Object> handler = handler();
        queue().consume(topic(), Object.class, handler, ONE.prefetch(0));

        handler.awaitIds(order);
        assertThat(handler.runs()).extracting(RecordingHandler.Run::id).isEqualTo(order);
    }

    @Test
    @Rule("5.6")
    @Requires(Feature.DEAD_LETTERS)
    public final void deadLettersAreReplayedAndPurgedByChoice() throws Exception {
        List<String> ids = dead(topic(), List.of("a", "b", "c", "d"), PLAIN);

        long replayed =
                queue().admin().replayDeadLetters(topic(), letter -> letter.id().equals(ids.get(1)));
        long purged =
                queue().admin().purgeDeadLetters(topic(), letter -> letter.id().equals(ids.get(2)));

        assertThat(replayed).isEqualTo(1);
        assertThat(purged).isEqualTo(1);
        assertThat(letterIds(topic())).containsExactly(ids.get(0), ids.get(3));
        RecordingHandler<Object> handler = handler();
        queue().consume(topic(), Object.class, handler);
        handler.awaitIds(List.of(ids.get(1)));
        staysAt(1, handler);
    }

    @Test
    @Rule("5.6")
    @Requires(Feature.DEAD_LETTERS)
    public final void allDeadLettersArePurgedAtOnce() throws Exception {
        dead(topic(), List.of("a", "b", "c"), PLAIN);

        assertThat(queue().admin().purge(topic(), Scope.DEAD)).isEqualTo(3);

        assertThat(letterIds(topic())).isEmpty();
        deadCount(topic(), 0);
        assertThat(queue().admin().purge(topic(), Scope.DEAD)).isZero();
    }

    @Test
    @Rule("5.7")
    @Requires(Feature.DEAD_LETTERS)
    public final void lettersThatAreGoneArePassedOver() throws Exception {
        List<String> ids = dead(topic(), List.of("a", "b"), PLAIN);

        try (DeadLetters early = queue().admin().deadLetters(topic())) {
            List<DeadLetter> letters = early.next(10);
            assertThat(letters).hasSize(2);
            assertThat(early.replay(letters)).isEqualTo(2);
            assertThat(early.replay(letters)).as("a second replay").isZero();
            assertThat(early.purge(letters)).as("a purge of what was replayed").isZero();
        }

        RecordingHandler<Object> handler = handler();
        queue().consume(topic(), Object.class, handler);
        handler.awaitIds(ids);
        staysAt(2, handler);
    }

    @Test
    @Rule("5.8")
    @Requires(Feature.DEAD_LETTERS)
    public final void deadLettersStayWithTheirTopic() throws Exception {
        String other = newTopic();
        List<String> here = dead(topic(), List.of("a"), PLAIN);
        List<String> there = dead(other, List.of("b", "c"), PLAIN);

        assertThat(letterIds(topic())).isEqualTo(here);
        assertThat(letterIds(other)).isEqualTo(there);
        queue().admin().purge(other, Scope.DEAD);
        assertThat(letterIds(topic())).isEqualTo(here);
    }

    @Test
    @Rule({"5.4", "3.6"})
    @Requires(Feature.DEAD_LETTERS)
    public final void whatOneWorkerCouldNotDecodeAnotherRunsAfterAReplay() throws Exception {
        RecordingHandler<Amount> wrong = handler();
        Worker worker = queue().consume(topic(), Amount.class, wrong);
        String id = queue().enqueue(topic(), "a text").taskId();
        deadLetter(topic(), id);
        worker.close();

        queue().admin().replayDeadLetters(topic(), letter -> letter.reason() == DeadReason.UNDECODABLE);

        RecordingHandler<String> right = handler();
        queue().consume(topic(), String.class, right);
        right.awaitIds(List.of(id));
        BackgroundTask<String> task = right.runs().get(0).task();
        assertThat(task.payload()).isEqualTo("a text");
        assertThat(task.attempt()).isEqualTo(1);
    }

    /** Tasks that went to the dead letters one after the other, in that order; nobody consumes the topic afterwards. */
    final List<String> dead(String name, Collection<?> payloads, EnqueueOptions options) throws Exception {
        RecordingHandler<Object> killer = handler(task -> {
            throw new NonRetryableException("as told");
        });
        List<String> before = letterIds(name);
        List<String> ids;
        try (Worker worker = queue().consume(name, Object.class, killer, ONE)) {
            ids = enqueue(name, payloads, options);
            patience()
                    .eventually(
                            () -> new HashSet<>(letterIds(name)).containsAll(ids),
                            () -> "not all died on " + worker.topic() + ": " + killer);
        }
        assertThat(letterIds(name)).hasSize(before.size() + ids.size());
        return killer.runs().stream().map(RecordingHandler.Run::id).distinct().toList();
    }

    final List<String> letterIds(String name) throws Exception {
        return queue().admin().listDeadLetters(name, 10_000).stream()
                .map(DeadLetter::id)
                .toList();
    }

    private void deadCount(String name, int count) throws Exception {
        if (has(Feature.STATS)) {
            patience()
                    .eventually(
                            () -> stats(name).dead().equals(OptionalLong.of(count))
                                    || stats(name).dead().isEmpty(),
                            () -> "stats do not say " + count + " dead letters");
        }
    }
}
