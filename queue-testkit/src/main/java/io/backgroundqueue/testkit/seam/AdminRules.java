package io.backgroundqueue.testkit.seam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backgroundqueue.Feature;
import io.backgroundqueue.Scope;
import io.backgroundqueue.Support;
import io.backgroundqueue.TopicStats;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.testkit.Requires;
import io.backgroundqueue.testkit.Rule;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Rules 14.120 to 14.128: cancel, purge, stats, check. */
public abstract class AdminRules extends DeduplicationRules {
    AdminRules() {}

    @Test
    @Rule("14.120")
    @Requires(Feature.CANCEL)
    public final void aReadyTaskIsCancelled() throws Exception {
        String topic = newTopic();
        Envelope task = send(task(topic));
        assertThat(peer().driver().cancel(topic, task.taskId()))
                .as("whether a ready task was cancelled")
                .isTrue();
        hand(topic).expectNothing("the only task was cancelled");
    }

    @Test
    @Rule("14.120")
    @Requires({Feature.CANCEL, Feature.DELAY})
    public final void aDelayedTaskIsCancelled() throws Exception {
        String topic = newTopic();
        Envelope task = send(task(topic).delay(shortDelay()));
        assertThat(peer().driver().cancel(topic, task.taskId()))
                .as("whether a delayed task was cancelled")
                .isTrue();
        pass(shortDelay().plus(limits().lateness()));
        hand(topic).expectNothing("the only task was cancelled");
    }

    @Test
    @Rule("14.121")
    @Requires(Feature.CANCEL)
    public final void aTaskThatAWorkerHoldsIsNotCancelled() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        acked(hand, control(hand, topic));
        Delivery.Task task = control(hand, topic);
        assertThat(peer().driver().cancel(topic, task.envelope().taskId()))
                .as("whether a task that runs was cancelled")
                .isFalse();
        assertThat(hand.ack(task)).as("outcome of its ack").isEqualTo(Outcome.DONE);
    }

    @Test
    @Rule("14.122")
    @Requires(Feature.CANCEL)
    public final void whatIsUnknownOrDoneIsNotCancelled() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        Delivery.Task task = control(hand, topic);
        acked(hand, task);
        assertThat(peer().driver().cancel(topic, task.envelope().taskId()))
                .as("whether a task was cancelled that is done")
                .isFalse();
        assertThat(peer().driver().cancel(topic, "no such task"))
                .as("whether a task was cancelled that never was")
                .isFalse();
    }

    @Test
    @Rule("14.123")
    @Requires(Feature.PURGE)
    public final void purgeDeletesWhatWaitsAndLeavesWhatRuns() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        acked(hand, control(hand, topic));
        Delivery.Task held = control(hand, topic);
        hand.receiver().park();
        sendWaiting(topic);
        peer().driver().purge(topic, Scope.READY);
        hand.expectNothing("all that waited was purged");
        assertThat(hand.ack(held))
                .as("outcome of the ack of a task that ran at the purge")
                .isEqualTo(Outcome.DONE);
        hand.expectNothing("all that waited was purged");
        pass(shortDelay().plus(limits().lateness()));
        hand.expectNothing("all that waited was purged, what was delayed too");
    }

    @Test
    @Rule("14.124")
    @Requires(Feature.PURGE)
    public final void purgeAnswersHowMany() throws Exception {
        String topic = newTopic();
        int waiting = sendWaiting(topic);
        assertThat(peer().driver().purge(topic, Scope.READY))
                .as("what a purge of " + waiting + " waiting tasks answered")
                .isEqualTo(waiting);
        assertThat(peer().driver().purge(topic, Scope.READY))
                .as("what a purge of nothing answered")
                .isZero();
    }

    @Test
    @Rule("14.125")
    @Requires(Feature.PURGE)
    public final void purgeLeavesOtherTopicsAlone() throws Exception {
        String topic = newTopic();
        String other = newTopic();
        String control = newTopic();
        control(hand(control), control);
        send(task(topic));
        send(task(other));
        peer().driver().purge(topic, Scope.READY);
        hand(other).take();
    }

    @Test
    @Rule("14.125")
    @Requires({Feature.PURGE, Feature.DEAD_LETTERS})
    public final void purgingTasksLeavesDeadLettersAlone() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        buried(hand, control(hand, topic));
        peer().driver().purge(topic, Scope.READY);
        assertThat(peer().letters(topic))
                .as("dead letters after a purge of the tasks")
                .hasSize(1);
    }

    @Test
    @Rule("14.126")
    @Requires(Feature.DEAD_LETTERS)
    public final void purgingDeadLettersDeletesThemAndLeavesTasksAlone() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        buried(hand, control(hand, topic));
        buried(hand, control(hand, topic));
        hand.receiver().park();
        Envelope task = send(task(topic));
        assertThat(peer().driver().purge(topic, Scope.DEAD))
                .as("what a purge of two dead letters answered")
                .isEqualTo(2);
        assertThat(peer().letters(topic)).as("dead letters after their purge").isEmpty();
        assertThat(hand.take().envelope().taskId()).as("the task that waited").isEqualTo(task.taskId());
    }

    @Test
    @Rule("14.127")
    @Requires(Feature.STATS)
    public final void statsAreRight() throws Exception {
        Support support = capabilities().support(Feature.STATS);
        assumeTrue(support instanceof Support.Native, () -> "stats are " + support + ", which may be approximate");
        if (capabilities().has(Feature.DELAY)) {
            givenDelayed();
        }
        String topic = newTopic();
        Hand hand = hand(topic);
        Map<String, OptionalLong> expected = new TreeMap<>();
        expected.put("dead", OptionalLong.of(0));
        if (capabilities().has(Feature.DEAD_LETTERS)) {
            buried(hand, control(hand, topic));
            expected.put("dead", OptionalLong.of(1));
        }
        control(hand, topic);
        expected.put("running", OptionalLong.of(1));
        hand.receiver().park();
        send(topic, 3);
        expected.put("ready", OptionalLong.of(3));
        expected.put("delayed", OptionalLong.of(0));
        if (capabilities().has(Feature.DELAY)) {
            send(task(topic).delay(Duration.ofMinutes(14)), task(topic).delay(Duration.ofMinutes(14)));
            expected.put("delayed", OptionalLong.of(2));
        }
        patience()
                .eventually(
                        () -> counts(expected, stats(topic)).equals(expected),
                        () -> "stats should become " + expected + ", but are " + stats(topic));
        Duration passed = Duration.ofSeconds(1);
        pass(passed);
        stats(topic)
                .oldestReady()
                .ifPresent(age -> assertThat(age)
                        .as("age of the oldest ready task, after " + passed)
                        .isBetween(passed, passed.plus(patience().eventually())));
    }

    /** What was counted, with the expectation in place of what is absent. */
    private static Map<String, OptionalLong> counts(Map<String, OptionalLong> expected, TopicStats stats) {
        Map<String, OptionalLong> counts = new TreeMap<>(expected);
        Map.of("ready", stats.ready(), "delayed", stats.delayed(), "running", stats.running(), "dead", stats.dead())
                .forEach((name, count) -> {
                    if (count.isPresent()) {
                        counts.put(name, count);
                    }
                });
        return counts;
    }

    private TopicStats stats(String topic) {
        try {
            return peer().driver().stats(topic);
        } catch (Exception failed) {
            throw new AssertionError("stats failed: " + failed, failed);
        }
    }

    @Test
    @Rule("14.128")
    public final void checkIsQuietOnAHealthyBackend() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        control(hand, topic);
        Envelope task = send(task(topic));
        for (int i = 0; i < 10; i++) {
            peer().driver().check();
        }
        assertThat(hand.take().envelope().taskId()).as("the only task").isEqualTo(task.taskId());
    }

    /** Three ready tasks, and a delayed one where there are such. */
    private int sendWaiting(String topic) throws Exception {
        send(topic, 3);
        if (!capabilities().has(Feature.DELAY)) {
            return 3;
        }
        send(task(topic).delay(shortDelay()));
        return 4;
    }
}
