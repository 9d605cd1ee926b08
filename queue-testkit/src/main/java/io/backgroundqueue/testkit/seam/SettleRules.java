package io.backgroundqueue.testkit.seam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Feature;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.Settlement;
import io.backgroundqueue.testkit.Requires;
import io.backgroundqueue.testkit.Rule;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Rules 14.40 to 14.56: settling. */
public abstract class SettleRules extends ReceiveRules {
    SettleRules() {}

    /** Every kind of settlement that this backend takes, by name. */
    final Map<String, Function<Delivery.Task, Settlement>> settlements() {
        Map<String, Function<Delivery.Task, Settlement>> kinds = new LinkedHashMap<>();
        kinds.put("Ack", Settlement.Ack::new);
        if (capabilities().has(Feature.ATTEMPTS)) {
            kinds.put("Later", task -> new Settlement.Later(task, PROGRESS, Start.now()));
        }
        if (capabilities().has(Feature.DEAD_LETTERS)) {
            kinds.put("Dead", task -> new Settlement.Dead(task, PROGRESS, DeadReason.NON_RETRYABLE));
        }
        if (capabilities().has(Feature.RELEASE)) {
            kinds.put("Release", Settlement.Release::new);
        }
        return kinds;
    }

    @Test
    @Rule("14.40")
    public final void outcomesComeOnePerSettlementInOrder() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        send(topic, 4);
        List<Delivery.Task> tasks = taken(hand, 4);
        given("14.41", () -> {
            done(hand.ack(tasks.get(1)), "Ack");
            assertThat(hand.ack(tasks.get(1))).isEqualTo(Outcome.STALE);
            return tasks;
        });
        assertThat(hand.settleAll(List.of(
                        new Settlement.Ack(tasks.get(0)),
                        new Settlement.Ack(tasks.get(1)),
                        new Settlement.Ack(tasks.get(2)),
                        new Settlement.Ack(tasks.get(3)))))
                .as("outcomes of four acks, the second for a task that was done before")
                .containsExactly(Outcome.DONE, Outcome.STALE, Outcome.DONE, Outcome.DONE);
    }

    @Test
    @Rule("14.41")
    public final void aSecondSettlementIsStale() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        for (Map.Entry<String, Function<Delivery.Task, Settlement>> kind :
                settlements().entrySet()) {
            Delivery.Task task = control(hand, topic);
            acked(hand, task);
            assertThat(hand.settle(kind.getValue().apply(task)))
                    .as("outcome of " + kind.getKey() + " after Ack")
                    .isEqualTo(Outcome.STALE);
        }
    }

    @Test
    @Rule("14.42")
    public final void aSecondSettlementDoesNotBringATaskBack() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        for (Function<Delivery.Task, Settlement> kind : settlements().values()) {
            Delivery.Task task = control(hand, topic);
            acked(hand, task);
            hand.settle(kind.apply(task));
        }
        hand.expectNothing("all tasks were done before they were settled again");
        if (capabilities().has(Feature.DEAD_LETTERS)) {
            assertThat(peer().letters(topic))
                    .as("dead letters of tasks that were done before they were settled Dead")
                    .isEmpty();
        }
    }

    @Test
    @Rule("14.42")
    @Requires(Feature.ATTEMPTS)
    public final void aSecondSettlementDoesNotTakeARetryAway() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        retried(hand, control(hand, topic), PROGRESS);
        Delivery.Task task = control(hand, topic);
        given("14.44", () -> done(hand.later(task, PROGRESS, Start.now()), "Later"));
        hand.ack(task);
        assertThat(hand.take().envelope().taskId())
                .as("the task that was settled Later before it was acknowledged")
                .isEqualTo(task.envelope().taskId());
    }

    @Test
    @Rule("14.43")
    public final void anAcknowledgedTaskIsGoneForEver() throws Exception {
        String topic = newTopic();
        Hand hand = peer().hand(topic, options(shortLease()));
        done(hand.ack(control(hand, topic)), "Ack");
        passLease(hand.lease());
        hand.expectNothing("the only task was acknowledged");
        otherHand(topic).expectNothing("the only task was acknowledged");
    }

    @Test
    @Rule("14.44")
    @Requires(Feature.ATTEMPTS)
    public final void aTaskForLaterComesAgain() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        Delivery.Task task = control(hand, topic);
        done(hand.later(task, PROGRESS, Start.now()), "Later");
        assertThat(hand.take().envelope().taskId())
                .as("the task that was settled Later")
                .isEqualTo(task.envelope().taskId());
    }

    @Test
    @Rule("14.45")
    @Requires(Feature.ATTEMPTS)
    public final void laterStoresTheProgressExactly() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        Delivery.Task task = control(hand, topic);
        for (Progress progress : List.of(
                PROGRESS,
                new Progress(1, 0, 0, true, Optional.empty()),
                new Progress(20_000, 10_000, 9_999, true, Optional.of("x\ny\t\"z\" ".repeat(100))))) {
            task = retried(hand, task, progress);
            assertThat(task.progress()).as("progress after Later").isEqualTo(progress);
        }
    }

    @Test
    @Rule("14.46")
    @Requires(Feature.ATTEMPTS)
    public final void theEnvelopeOutlivesFiveRetries() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        for (Bytes payload : List.of(
                Bytes.utf8("[]"),
                Bytes.utf8("{\"n\" : 12345678901234567890.10, \"e\":[ ]}"),
                Bytes.copyOf(new byte[] {0, (byte) 0xFF, '\n', (byte) 0xC3, 0x28}))) {
            send(fullTask(topic).payload(payload));
            Delivery.Task task = taken(hand);
            Envelope before = task.envelope();
            for (int i = 1; i <= 5; i++) {
                task = retried(hand, task, new Progress(i, i, 0, false, Optional.empty()));
            }
            assertSameFields(task.envelope(), before);
            assertSamePayload(task.envelope().payload(), before.payload(), "payload after five retries");
        }
    }

    @Test
    @Rule("14.47")
    @Requires({Feature.ATTEMPTS, Feature.INTERRUPTION_COUNT})
    public final void startsCountFromZeroAfterLater() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        Delivery.Task again = retried(hand, control(hand, topic), PROGRESS);
        assertThat(again.starts().count())
                .as("prior starts since the stored verdict")
                .isZero();
    }

    @Test
    @Rule("14.48")
    @Requires(Feature.ATTEMPTS)
    public final void laterHonoursItsStart() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        Delivery.Task task = control(hand, topic);
        Instant earliest = now().plus(shortDelay());
        given("14.44", () -> done(hand.later(task, PROGRESS, Start.after(shortDelay())), "Later"));
        notBefore(hand, earliest, "14.44", "a task settled Later by " + shortDelay());
    }

    @Test
    @Rule("14.48")
    @Requires(Feature.ATTEMPTS)
    public final void laterHonoursAFixedTime() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        Delivery.Task task = control(hand, topic);
        Instant earliest = now().plus(shortDelay());
        given("14.44", () -> done(hand.later(task, PROGRESS, new Start.At(earliest)), "Later"));
        notBefore(hand, earliest, "14.44", "a task settled Later at " + earliest);
    }

    @Test
    @Rule("14.49")
    @Requires(Feature.ATTEMPTS)
    public final void laterLeavesOneCopy() throws Exception {
        givenHeldOnce();
        String topic = newTopic();
        Hand hand = hand(topic);
        retried(hand, control(hand, topic), PROGRESS);
        hand.expectNothing("the only task is out, after a Later");
    }

    @Test
    @Rule("14.49")
    @Requires(Feature.ATTEMPTS)
    public final void aRetriedTaskThatIsDoneLeavesNothing() throws Exception {
        givenDoneAtClose();
        String topic = newTopic();
        Hand hand = peer().hand(topic, options(shortLease()));
        acked(hand, retried(hand, control(hand, topic), PROGRESS));
        hand.close();
        passLease(hand.lease());
        otherHand(topic).expectNothing("the only task was acknowledged, after a Later");
    }

    @Test
    @Rule("14.50")
    @Requires(Feature.DEAD_LETTERS)
    public final void aDeadTaskBecomesOneLetterAndComesNoMore() throws Exception {
        String topic = newTopic();
        Hand hand = peer().hand(topic, options(shortLease()));
        Delivery.Task task = control(hand, topic);
        done(hand.dead(task, PROGRESS, DeadReason.NON_RETRYABLE), "Dead");
        letterOf(task.envelope());
        passLease(hand.lease());
        hand.expectNothing("the only task is dead");
        assertThat(peer().letters(topic)).as("dead letters of one dead task").hasSize(1);
    }

    @Test
    @Rule("14.51")
    @Requires(Feature.DEAD_LETTERS)
    public final void aLetterKeepsAllThatAPersonNeeds() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        Bytes payload = Bytes.copyOf(new byte[] {'[', ']', 0, (byte) 0xFF});
        for (DeadReason reason : DeadReason.values()) {
            send(fullTask(topic).payload(payload));
            Delivery.Task task = taken(hand);
            DeadLetter letter = given("14.50", () -> {
                done(hand.dead(task, PROGRESS, reason), "Dead");
                return letterOf(task.envelope());
            });
            assertThat(letter.reason()).as("reason").isEqualTo(reason);
            assertLetter(letter, task.envelope());
        }
    }

    /** A task that is acknowledged is gone, also when its receiver is closed, on a topic of its own. */
    private void givenDoneAtClose() throws Exception {
        String topic = newTopic();
        Hand hand = peer().hand(topic, options(shortLease()));
        acked(hand, control(hand, topic));
        hand.close();
        passLease(hand.lease());
        given("14.56", () -> {
            otherHand(topic).expectNothing("the only task was acknowledged");
            return topic;
        });
    }

    private static void assertLetter(DeadLetter letter, Envelope task) {
        assertThat(letter.topic()).as("topic").isEqualTo(task.topic());
        assertThat(letter.error()).as("error").isEqualTo(PROGRESS.lastError());
        assertThat(letter.failures()).as("failures").isEqualTo(PROGRESS.failures());
        assertThat(letter.interruptions()).as("interruptions").isEqualTo(PROGRESS.interruptions());
        assertThat(letter.attempts()).as("attempts").isEqualTo(task.attempts());
        assertThat(letter.priority()).as("priority").isEqualTo(task.priority());
        assertThat(letter.enqueuedAt()).as("time of enqueue").isEqualTo(Optional.of(task.enqueuedAt()));
        assertThat(letter.headers()).as("headers").isEqualTo(task.headers());
        assertSamePayload(letter.payload(), task.payload(), "payload");
    }

    @Test
    @Rule("14.52")
    @Requires(Feature.DEAD_LETTERS)
    public final void whatIsNoTaskIsHandedOutAndBuriedByteForByte() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        Bytes bytes = Bytes.copyOf(new byte[] {'n', 'o', 0, (byte) 0xFF, 't', 'a', 's', 'k'});
        assumeTrue(harness().injectRaw(topic, bytes), "this harness cannot put foreign bytes onto a topic");
        List<Delivery> seen = new ArrayList<>();
        patience().eventually(() -> seen.addAll(hand.look(1)), () -> "the foreign bytes should come on " + topic);
        assertThat(seen.get(0)).as("what the foreign bytes came as").isInstanceOf(Delivery.Unreadable.class);
        Delivery.Unreadable unreadable = (Delivery.Unreadable) seen.get(0);
        assertSamePayload(unreadable.bytes(), bytes, "the foreign bytes");
        Progress why = new Progress(0, 0, 0, false, Optional.of(unreadable.why()));
        done(hand.dead(unreadable, why, DeadReason.UNREADABLE), "Dead");
        List<DeadLetter> letters = new ArrayList<>();
        patience()
                .eventually(
                        () -> letters.addAll(peer().letters(topic)),
                        () -> "there should be a dead letter of the foreign bytes");
        assertSamePayload(letters.get(0).payload(), bytes, "the foreign bytes in the letter");
        assertThat(letters.get(0).reason()).as("reason").isEqualTo(DeadReason.UNREADABLE);
    }

    @Test
    @Rule("14.53")
    @Requires(Feature.RELEASE)
    public final void aReleasedTaskComesAgainSoon() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        Delivery.Task task = control(hand, topic);
        done(hand.release(task), "Release");
        assertThat(hand.take().envelope().taskId())
                .as("the task that was released")
                .isEqualTo(task.envelope().taskId());
    }

    @Test
    @Rule("14.54")
    @Requires({Feature.RELEASE, Feature.INTERRUPTION_COUNT})
    public final void aReleaseCountsNoStart() throws Exception {
        assumeExactStarts();
        String topic = newTopic();
        Hand hand = hand(topic);
        Delivery.Task again = released(hand, control(hand, topic));
        assertThat(again.starts().count()).as("prior starts after a release").isZero();
    }

    @Test
    @Rule("14.54")
    @Requires({Feature.RELEASE, Feature.ATTEMPTS})
    public final void aReleaseChangesNoProgress() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        Delivery.Task task = retried(hand, control(hand, topic), PROGRESS);
        Delivery.Task again = released(hand, task);
        assertThat(again.progress()).as("progress after a release").isEqualTo(task.progress());
        assertThat(again.envelope()).as("envelope after a release").isEqualTo(task.envelope());
    }

    final Delivery.Task released(Hand hand, Delivery.Task task) throws Exception {
        return given("14.53", () -> {
            done(hand.release(task), "Release");
            return hand.take();
        });
    }

    @Test
    @Rule("14.55")
    public final void settlingDoesNotWaitForAReceive() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        acked(hand, control(hand, topic));
        Delivery.Task task = control(hand, topic);
        hand.freeze();
        Future<List<Delivery>> waiting = beside(() -> hand.receiver().receive(1, limits().maxWait()));
        patience().within(patience().never(), waiting::isDone);
        Future<Outcome> settling = beside(() -> hand.ack(task));
        done(answer(settling, "an ack should have returned beside a waiting receive"), "Ack");
        given("14.24", () -> {
            patience()
                    .eventually(
                            () -> {
                                harness().time().ifPresent(clock -> clock.advance(limits().maxWait()));
                                return waiting.isDone();
                            },
                            () -> "the waiting receive should have returned");
            return waiting;
        });
    }

    @Test
    @Rule("14.55")
    public final void settlingBesideReceivingLosesNothing() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        send(topic, 200);
        hand.freeze();
        ConcurrentLinkedQueue<Delivery> received = new ConcurrentLinkedQueue<>();
        AtomicBoolean enough = new AtomicBoolean();
        Future<Integer> loop = beside(() -> {
            while (!enough.get()) {
                received.addAll(hand.receiver().receive(7, time().shortWait()));
            }
            return received.size();
        });
        List<Outcome> outcomes = new ArrayList<>();
        boolean all = patience().within(patience().eventually(), () -> {
            List<Settlement> batch = new ArrayList<>();
            for (Delivery next = received.poll(); next != null; next = received.poll()) {
                batch.add(new Settlement.Ack((Delivery.Task) next));
            }
            if (!batch.isEmpty()) {
                outcomes.addAll(hand.receiver().settle(batch));
            }
            return outcomes.size() >= 200;
        });
        enough.set(true);
        answer(loop, "the receiving loop should have ended");
        assertThat(outcomes).as("outcomes of acks beside a receive").containsOnly(Outcome.DONE);
        assertThat(all)
                .as("whether all 200 tasks were received and acknowledged")
                .isTrue();
    }

    @Test
    @Rule("14.56")
    public final void whatWasDoneIsDurableWhenTheReceiverIsClosed() throws Exception {
        String topic = newTopic();
        Hand first = peer().hand(topic, options(shortLease()));
        Duration lease = first.lease();
        Delivery.Task lasting = control(first, topic);
        given("14.43", () -> {
            done(first.ack(lasting), "Ack");
            passLease(lease);
            first.expectNothing("the only task was acknowledged");
            return lasting;
        });
        acked(first, control(first, topic));
        first.close();
        passLease(lease);
        otherHand(topic).expectNothing("all tasks were acknowledged before the receiver was closed");
    }
}
