package io.backgroundqueue.testkit.seam;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Feature;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.testkit.Patience;
import io.backgroundqueue.testkit.Requires;
import io.backgroundqueue.testkit.Rule;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Rules 14.80 to 14.87: delays. */
public abstract class TimeRules extends LeaseRules {
    private static final Duration SECOND = Duration.ofSeconds(1);

    TimeRules() {}

    @Test
    @Rule("14.80")
    @Requires(Feature.DELAY)
    public final void aDelayedTaskIsNeverEarly() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        Instant earliest = now().plus(shortDelay());
        send(task(topic).delay(shortDelay()));
        notBefore(hand, earliest, "14.83", "a task with a delay of " + shortDelay());
    }

    @Test
    @Rule("14.80")
    @Requires(Feature.DELAY)
    public final void manyMixedDelaysAreEachKept() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        List<Integer> millis = new ArrayList<>();
        for (int delay : new int[] {10, 50, 200, 500, 1_000, 2_000}) {
            millis.addAll(Collections.nCopies(5, delay));
        }
        Collections.shuffle(millis, new Random(42));
        Map<String, Instant> earliest = new HashMap<>();
        for (int delay : millis) {
            Instant sent = now();
            Envelope task = send(task(topic).delay(Duration.ofMillis(delay)));
            earliest.put(task.taskId(), sent.plusMillis(delay));
        }
        List<String> early = new ArrayList<>();
        Patience.Condition allCame = () -> {
            for (Delivery delivery : hand.look(100)) {
                String id = ((Delivery.Task) delivery).envelope().taskId();
                Duration before = Duration.between(now(), earliest.getOrDefault(id, Instant.MIN));
                if (before.compareTo(Duration.ZERO) > 0) {
                    early.add(before.toString());
                }
                earliest.remove(id);
            }
            return earliest.isEmpty();
        };
        boolean all = time().stepped()
                ? withinSteps(300, Duration.ofMillis(10), allCame)
                : patience().within(patience().eventually(), allCame);
        assertThat(early).as("by how much some of 30 delayed tasks came early").isEmpty();
        given("14.83", () -> {
            assertThat(all).as("whether all 30 delayed tasks came").isTrue();
            return all;
        });
    }

    private boolean withinSteps(int steps, Duration step, Patience.Condition condition) throws Exception {
        boolean holds = condition.holds();
        for (int i = 0; i < steps && !holds; i++) {
            pass(step);
            holds = condition.holds();
        }
        return holds;
    }

    @Test
    @Rule("14.81")
    @Requires(Feature.DELAY)
    public final void aTaskForAFixedTimeIsNeverEarly() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        Instant earliest = now().plus(shortDelay());
        send(task(topic).start(new Start.At(earliest)));
        notBefore(hand, earliest, "14.83", "a task for " + earliest);
    }

    @Test
    @Rule("14.82")
    @Requires(Feature.DELAY)
    public final void aTimeInThePastMeansNow() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        control(hand, topic);
        Envelope sent = send(task(topic).start(new Start.At(now().minus(Duration.ofHours(1)))));
        assertThat(hand.take().envelope().taskId())
                .as("the task that should have run an hour ago")
                .isEqualTo(sent.taskId());
    }

    @Test
    @Rule("14.83")
    @Requires(Feature.DELAY)
    public final void aDelayedTaskComesInTime() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        send(task(topic).delay(shortDelay()));
        Instant latest = now().plus(shortDelay()).plus(limits().lateness());
        if (time().stepped()) {
            pass(shortDelay().plus(limits().lateness()));
        }
        hand.take();
        Duration late = Duration.between(latest, now());
        note("milliseconds after the latest moment declared", late.toMillis());
        assertThat(late)
                .as("how much later than declared a delayed task came")
                .isLessThan(patience().never().plus(SECOND));
    }

    @Test
    @Rule("14.84")
    @Requires(Feature.DELAY)
    public final void aDelayedTaskIsKeptHoweverLateItsConsumer() throws Exception {
        givenDelayedInTime();
        String topic = newTopic();
        Envelope sent = send(task(topic).delay(shortDelay()));
        pass(shortDelay().plus(time().stepped() ? Duration.ofDays(3) : Duration.ofSeconds(3)));
        assertThat(hand(topic).take().envelope().taskId())
                .as("the delayed task whose consumer came late")
                .isEqualTo(sent.taskId());
    }

    @Test
    @Rule("14.85")
    @Requires(Feature.DELAY)
    public final void delayedTasksDoNotHoldUpReadyOnes() throws Exception {
        givenDelayed();
        String topic = newTopic();
        Hand hand = hand(topic);
        control(hand, topic);
        for (int i = 0; i < 50; i++) {
            send(task(topic).delay(Duration.ofMinutes(14)));
        }
        Envelope ready = send(task(topic));
        assertThat(hand.take().envelope().taskId())
                .as("the ready task among delayed ones")
                .isEqualTo(ready.taskId());
    }

    @Test
    @Rule("14.86")
    public final void aReadyTaskIsDueWhenItWasAccepted() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        Instant before = now();
        Delivery.Task task = control(hand, topic);
        assertThat(task.due())
                .as("due time of a task that was sent at " + before + " to start at once")
                .isBetween(before.minus(SECOND), now());
    }

    @Test
    @Rule("14.86")
    @Requires(Feature.DELAY)
    public final void aDelayedTaskIsDueWhenItsDelayIsOver() throws Exception {
        givenDelayedInTime();
        String topic = newTopic();
        Hand hand = hand(topic);
        Instant earliest = now().plus(shortDelay());
        send(task(topic).delay(shortDelay()));
        Instant latest = now().plus(shortDelay());
        pass(shortDelay().plus(limits().lateness()));
        Delivery.Task task = given("14.83", hand::take);
        assertThat(task.due())
                .as("due time of a task with a delay of " + shortDelay())
                .isBetween(earliest.minusMillis(1), latest.plus(SECOND))
                .isBeforeOrEqualTo(now());
    }

    @Test
    @Rule("14.87")
    @Requires(Feature.DELAY)
    public final void aLongDelayIsTakenAsItIs() throws Exception {
        givenDelayedInTime();
        String topic = newTopic();
        Duration month = Duration.ofDays(30);
        Duration delay =
                limits().maxDelay().filter(most -> most.compareTo(month) < 0).orElse(month);
        List<SendResult> results = peer().send(List.of(task(topic).delay(delay).at(now())));
        assertThat(results)
                .as("result of sending a task with a delay of " + delay)
                .allMatch(SeamContract::accepted);
        if (time().stepped()) {
            pass(delay.minusMillis(1));
        }
        Hand hand = hand(topic);
        hand.expectNothing("the delay is " + delay);
        if (time().stepped()) {
            pass(limits().lateness().plusMillis(1));
            hand.take();
        }
    }

    /** A delayed task comes neither early nor late, on a topic of its own. */
    private void givenDelayedInTime() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        Instant earliest = now().plus(shortDelay());
        send(task(topic).delay(shortDelay()));
        Delivery.Task task =
                given("14.80", () -> notBefore(hand, earliest, "14.83", "a task with a delay of " + shortDelay()));
        acked(hand, task);
    }
}
