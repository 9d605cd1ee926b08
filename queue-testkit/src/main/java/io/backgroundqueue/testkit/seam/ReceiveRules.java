package io.backgroundqueue.testkit.seam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Feature;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.testkit.Requires;
import io.backgroundqueue.testkit.Rule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Rules 14.20 to 14.30: receiving. */
public abstract class ReceiveRules extends SendRules {
    /** How much longer than its word a call may take on a busy machine. */
    private static final Duration SLACK = Duration.ofSeconds(2);

    ReceiveRules() {}

    @Test
    @Rule("14.20")
    public final void receivingNothingTakesNothing() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        control(hand, topic);
        Envelope sent = send(task(topic));
        boolean some = patience()
                .within(
                        patience().never(),
                        () -> !hand.receiver().receive(0, Duration.ZERO).isEmpty());
        assertThat(some).as("whether receive with max = 0 returned a task").isFalse();
        assertThat(hand.take().envelope().taskId())
                .as("the task that nobody asked for before")
                .isEqualTo(sent.taskId());
    }

    @Test
    @Rule("14.21")
    public final void aReceiveReturnsAtMostWhatWasAskedFor() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        send(topic, 7);
        List<Integer> sizes = new ArrayList<>();
        boolean all = patience().within(patience().eventually(), () -> {
            sizes.add(hand.receiver().receive(2, time().shortWait()).size());
            return sum(sizes) >= 7;
        });
        assertThat(sizes).as("deliveries per receive with max = 2").allMatch(size -> size <= 2);
        givenAll(all);
    }

    @Test
    @Rule("14.22")
    public final void aReceiveReturnsAtMostSoManyBytesButAlwaysATask() throws Exception {
        String topic = newTopic();
        Hand hand = peer().hand(topic, options(Duration.ofSeconds(30), 1_000, 1_000));
        TaskDraft[] small = Stream.generate(() -> task(topic).payload(Bytes.wrap(new byte[400])))
                .limit(5)
                .toArray(TaskDraft[]::new);
        send(small);
        List<List<Integer>> sizes = new ArrayList<>();
        boolean all = patience().within(patience().eventually(), () -> {
            sizes.add(hand.look(10).stream().map(ReceiveRules::bytes).toList());
            return sizes.stream().mapToInt(List::size).sum() >= 5;
        });
        assertThat(sizes)
                .as("payload bytes per receive with maxBytes = 1000")
                .allMatch(each -> sum(each) <= 1_000 || each.size() == 1);
        givenAll(all);
        Envelope large = send(task(topic).payload(Bytes.wrap(new byte[2_000])));
        assertThat(hand.take().envelope().taskId())
                .as("the task of 2000 bytes, which comes alone")
                .isEqualTo(large.taskId());
    }

    @Test
    @Rule("14.23")
    public final void noMoreThanMaxUnsettledDeliveriesAreOut() throws Exception {
        String topic = newTopic();
        Hand hand = peer().hand(topic, options(Duration.ofSeconds(30), 3, 8 << 20));
        send(topic, 6);
        List<Delivery.Task> out = new ArrayList<>(taken(hand, 3));
        hand.expectNothing("three deliveries are out and maxUnsettled is 3");
        acked(hand, out.remove(0));
        out.add(hand.take());
        hand.expectNothing("three deliveries are out again and maxUnsettled is 3");
    }

    @Test
    @Rule("14.24")
    public final void anIdleReceiveReturnsWithinItsWait() throws Exception {
        Hand hand = idleHand();
        Duration wait = Duration.ofMillis(300);
        long start = System.nanoTime();
        Future<List<Delivery>> waiting = beside(() -> hand.receiver().receive(1, wait));
        patience()
                .eventually(
                        () -> {
                            harness().time().ifPresent(clock -> clock.advance(wait));
                            return waiting.isDone();
                        },
                        () -> "a receive with a wait of " + wait + " should have returned on an empty topic");
        assertThat(waiting.get()).as("what an empty topic gave").isEmpty();
        if (!time().stepped()) {
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .as("how long a receive waited that may wait " + wait)
                    .isLessThan(wait.plus(SLACK));
        }
    }

    @Test
    @Rule("14.25")
    public final void aWaitingReceiveReturnsWhenATaskArrives() throws Exception {
        String control = newTopic();
        control(hand(control), control);
        String topic = newTopic();
        Hand hand = hand(topic);
        hand.freeze();
        Duration wait = limits().maxWait();
        Future<List<Delivery>> waiting = beside(() -> receiveUntilOne(hand, wait));
        patience().within(patience().never(), waiting::isDone);
        long start = System.nanoTime();
        send(task(topic));
        List<Delivery> got = answer(waiting, "a waiting receive should have returned the task that was sent");
        assertThat(got).as("what the waiting receive returned").hasSize(1);
        note("milliseconds from send to receive", (System.nanoTime() - start) / 1_000_000);
    }

    private static List<Delivery> receiveUntilOne(Hand hand, Duration wait) throws Exception {
        List<Delivery> got = List.of();
        while (got.isEmpty()) {
            got = hand.receiver().receive(1, wait);
        }
        return got;
    }

    @Test
    @Rule("14.26")
    public final void aWaitingReceiveReturnsSoonWhenItIsWoken() throws Exception {
        Hand hand = idleHand();
        Duration wait = limits().maxWait();
        Future<List<Delivery>> waiting = beside(() -> hand.receiver().receive(1, wait));
        patience().within(patience().never(), waiting::isDone);
        hand.receiver().wake();
        boolean prompt = patience().within(SLACK, waiting::isDone);
        boolean required = wait.compareTo(Duration.ofSeconds(1)) > 0;
        assumeTrue(prompt || required, "wake does nothing here, which is legal where a receive waits " + wait);
        assertThat(prompt)
                .as("whether a receive that may wait " + wait + " returned after wake")
                .isTrue();
    }

    @Test
    @Rule("14.27")
    @Requires(Feature.RELEASE)
    public final void parkGivesBackWhatIsBuffered() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        send(topic, 5);
        taken(hand);
        hand.receiver().park();
        otherHand(topic).take(4);
    }

    @Test
    @Rule("14.28")
    public final void aParkedReceiverSettlesAndResumes() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        acked(hand, control(hand, topic));
        Delivery.Task held = control(hand, topic);
        hand.receiver().park();
        done(hand.ack(held), "Ack on a parked receiver");
        Envelope sent = send(task(topic));
        assertThat(hand.take().envelope().taskId())
                .as("the task that was sent while it was parked")
                .isEqualTo(sent.taskId());
    }

    @Test
    @Rule("14.29")
    @Requires({Feature.RELEASE, Feature.INTERRUPTION_COUNT})
    public final void whatParkGaveBackCountsNoStart() throws Exception {
        assumeExactStarts();
        String topic = newTopic();
        Hand hand = hand(topic);
        send(topic, 5);
        taken(hand);
        hand.receiver().park();
        Hand other = otherHand(topic);
        assertNoStarts(given("14.27", () -> other.take(4)));
    }

    @Test
    @Rule("14.29")
    @Requires({Feature.RELEASE, Feature.INTERRUPTION_COUNT})
    public final void whatCloseGaveBackCountsNoStart() throws Exception {
        assumeExactStarts();
        String topic = newTopic();
        Hand hand = hand(topic);
        send(topic, 5);
        taken(hand);
        hand.close();
        Hand heir = otherHand(topic);
        assertNoStarts(given("14.70", () -> heir.take(4)));
    }

    @Test
    @Rule("14.30")
    public final void aTaskThatIsOutIsNotHandedOutAgain() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        control(hand, topic);
        Hand sameProcess = hand(topic);
        Hand otherProcess = otherHand(topic);
        for (Hand any : List.of(hand, sameProcess, otherProcess)) {
            any.expectNothing("the only task is out, and its lease holds");
        }
    }

    @Test
    @Rule("14.30")
    @Requires(Feature.LEASE)
    public final void twoProcessesShareTheWorkWithoutDuplicates() throws Exception {
        String topic = newTopic();
        List<Hand> hands = List.of(hand(topic), otherHand(topic));
        send(topic, 40);
        List<String> ids = new ArrayList<>();
        boolean all = patience().within(patience().eventually(), () -> {
            for (Hand hand : hands) {
                for (Delivery delivery : hand.look(3)) {
                    ids.add(((Delivery.Task) delivery).envelope().taskId());
                    hand.ack((Delivery.Task) delivery);
                }
            }
            return ids.size() >= 40;
        });
        assertThat(ids).as("ids that two processes got").doesNotHaveDuplicates();
        givenAll(all);
        for (Hand hand : hands) {
            hand.expectNothing("all 40 tasks were done");
        }
    }

    /** A worker that the test's thread leaves alone, on an empty topic, for calls that wait beside it. */
    private Hand idleHand() throws Exception {
        Hand hand = hand(newTopic());
        hand.freeze();
        return hand;
    }

    private void givenAll(boolean all) throws Exception {
        given("14.1", () -> {
            assertThat(all).as("whether all tasks came").isTrue();
            return all;
        });
    }

    private static void assertNoStarts(List<Delivery.Task> tasks) {
        assertThat(tasks)
                .as("prior starts of tasks that were never handed out")
                .allMatch(task -> task.starts().count() == 0);
    }

    private static int bytes(Delivery delivery) {
        return delivery instanceof Delivery.Task task
                ? task.envelope().payload().size()
                : 0;
    }

    private static int sum(List<Integer> numbers) {
        return numbers.stream().mapToInt(Integer::intValue).sum();
    }
}
