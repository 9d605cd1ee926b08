package io.backgroundqueue.testkit.seam;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Feature;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Lanes;
import io.backgroundqueue.testkit.Requires;
import io.backgroundqueue.testkit.Rule;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Rules 14.90 to 14.96: priority, order, ordering keys. */
public abstract class OrderRules extends TimeRules {
    OrderRules() {}

    @Test
    @Rule("14.90")
    @Requires(Feature.PRIORITY)
    public final void higherLevelsComeFirst() throws Exception {
        String topic = newTopic();
        for (int priority : new int[] {3, 9, 0, 5, 7, 1, 8, 2, 6, 4}) {
            send(task(topic).priority(priority));
        }
        List<Integer> levels = picks(hand(topic), 10).stream().map(this::level).toList();
        long outOfOrder = IntStream.range(0, levels.size())
                .filter(i -> levels.subList(i, levels.size()).stream().anyMatch(later -> later > levels.get(i)))
                .count();
        assertThat(outOfOrder)
                .as("picks before which a higher level had work, in " + levels)
                .isLessThanOrEqualTo(1);
    }

    @Test
    @Rule("14.91")
    @Requires(Feature.FIFO)
    public final void oneLevelIsInOrderOfAcceptance() throws Exception {
        String topic = newTopic();
        List<Envelope> sent = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            sent.add(send(task(topic)));
        }
        sent.addAll(send(topic, 15));
        List<String> came = ids(picks(hand(topic), sent.size()));
        assertThat(came)
                .as("ids in order of hand-out")
                .containsExactlyElementsOf(sent.stream().map(Envelope::taskId).toList());
    }

    @Test
    @Rule("14.92")
    @Requires(Feature.PRIORITY)
    public final void oneInSixteenPicksGoesToALowerLevel() throws Exception {
        String topic = newTopic();
        for (int i = 1; i <= 80; i++) {
            send(task(topic).priority(i % 16 == 0 ? 0 : 9));
        }
        long low = picks(hand(topic), 48).stream()
                .filter(task -> task.envelope().priority() == 0)
                .count();
        assertThat(low)
                .as("tasks of priority 0 among the first 48, while priority 9 has work")
                .isBetween(2L, 4L);
    }

    @Test
    @Rule("14.93")
    @Requires({Feature.PRIORITY, Feature.ATTEMPTS, Feature.RELEASE})
    public final void aRetryKeepsItsLevel() throws Exception {
        String control = newTopic();
        send(task(control));
        send(task(control).priority(9));
        Hand controlHand = hand(control);
        Delivery.Task urgent = given("14.90", () -> {
            Delivery.Task first = controlHand.take();
            assertThat(first.envelope().priority()).isEqualTo(9);
            return first;
        });
        acked(controlHand, taken(controlHand));
        retried(controlHand, urgent, PROGRESS);
        String topic = newTopic();
        Hand first = hand(topic);
        send(task(topic).priority(9));
        Delivery.Task high = taken(first);
        send(topic, 3);
        given("14.44", () -> done(first.later(high, PROGRESS, Start.now()), "Later"));
        first.close();
        pass(limits().lateness());
        assertThat(taken(otherHand(topic)).envelope().priority())
                .as("priority of the first task, where a retried one of priority 9 waits beside fresh ones of 0")
                .isEqualTo(9);
    }

    @Test
    @Rule("14.94")
    @Requires(Feature.ORDERING_KEY)
    public final void oneTaskOfAKeyIsOutAtATime() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        Hand other = otherHand(topic);
        acked(hand, control(hand, topic));
        send(task(topic).orderingKey("a"), task(topic).orderingKey("a"));
        Delivery.Task first = taken(hand);
        hand.expectNothing("the task before it, of the same key, is out");
        other.expectNothing("the task before it, of the same key, is out");
        other.close();
        acked(hand, first);
        hand.take();
    }

    @Test
    @Rule("14.95")
    @Requires(Feature.ORDERING_KEY)
    public final void aKeyIsInOrderOfAcceptance() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        List<Envelope> sent = IntStream.range(0, 5)
                .mapToObj(i -> task(topic).orderingKey("a").at(now()))
                .toList();
        sendAll(sent);
        List<String> came = new ArrayList<>();
        for (int i = 0; i < sent.size(); i++) {
            Delivery.Task task = taken(hand);
            came.add(task.envelope().taskId());
            acked(hand, task);
        }
        assertThat(came)
                .as("ids of one key in order of hand-out")
                .containsExactlyElementsOf(sent.stream().map(Envelope::taskId).toList());
    }

    @Test
    @Rule("14.96")
    @Requires({Feature.ORDERING_KEY, Feature.ATTEMPTS})
    public final void aRetryHoldsItsKeyBackAndNoOther() throws Exception {
        givenHeldBack();
        String topic = newTopic();
        Hand hand = hand(topic);
        Envelope first = send(task(topic).orderingKey("a"));
        Delivery.Task failed = taken(hand);
        Envelope second = send(task(topic).orderingKey("a"));
        Instant earliest = now().plus(shortDelay());
        given("14.44", () -> done(hand.later(failed, PROGRESS, Start.after(shortDelay())), "Later"));
        Envelope other = send(task(topic).orderingKey("b"));
        Delivery.Task passed = hand.take();
        assertThat(passed.envelope().taskId())
                .as("the task of another key than the one that is held back")
                .isEqualTo(other.taskId());
        acked(hand, passed);
        hand.expectNothing("the first task of the key waits for its retry");
        Delivery.Task again = notBefore(hand, earliest, "14.44", "a key whose first task waits for its retry");
        assertThat(again.envelope().taskId())
                .as("what comes first of a key whose first task was retried")
                .isEqualTo(first.taskId());
        acked(hand, again);
        assertThat(hand.take().envelope().taskId())
                .as("what comes second of a key whose first task was retried")
                .isEqualTo(second.taskId());
    }

    /** A task holds its key back, and a retry waits and comes, each on a topic of its own. */
    private void givenHeldBack() throws Exception {
        String keyed = newTopic();
        Hand hand = hand(keyed);
        send(task(keyed).orderingKey("a"), task(keyed).orderingKey("a"));
        taken(hand);
        given("14.94", () -> {
            hand.expectNothing("the task before it, of the same key, is out");
            return keyed;
        });
        String plain = newTopic();
        Hand other = hand(plain);
        Delivery.Task failed = control(other, plain);
        given("14.44", () -> done(other.later(failed, PROGRESS, Start.after(shortDelay())), "Later"));
        given("14.48", () -> {
            other.expectNothing("its retry waits for " + shortDelay());
            return plain;
        });
        pass(shortDelay().plus(limits().lateness()));
        given("14.44", other::take);
    }

    /** The tasks in the order in which they are handed out one by one. */
    private List<Delivery.Task> picks(Hand hand, int count) throws Exception {
        List<Delivery.Task> picks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            picks.add(taken(hand));
        }
        return picks;
    }

    static List<String> ids(List<Delivery.Task> tasks) {
        return tasks.stream().map(task -> task.envelope().taskId()).toList();
    }

    /** The level of a task, as far as the number of levels tells: ten, three lanes, or at least the ends. */
    private int level(Delivery.Task task) {
        int priority = task.envelope().priority();
        return switch (limits().priorityLevels()) {
            case 10 -> priority;
            case Lanes.COUNT -> Lanes.COUNT - Lanes.of(priority);
            default -> priority == 9 ? 2 : priority == 0 ? 0 : 1;
        };
    }
}
