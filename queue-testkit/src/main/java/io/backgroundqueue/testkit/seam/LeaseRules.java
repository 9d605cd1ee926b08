package io.backgroundqueue.testkit.seam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backgroundqueue.Capabilities.LeaseKind;
import io.backgroundqueue.Feature;
import io.backgroundqueue.Support;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Settlement;
import io.backgroundqueue.testkit.Requires;
import io.backgroundqueue.testkit.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Rules 14.60 to 14.72: leases. */
public abstract class LeaseRules extends SettleRules {
    LeaseRules() {}

    @Test
    @Rule("14.60")
    @Requires(Feature.LEASE)
    public final void aTaskWhoseWorkerGivesNoSignOfLifeComesAgain() throws Exception {
        String topic = newTopic();
        Hand hand = peer().hand(topic, options(shortLease()));
        Delivery.Task task = control(hand, topic);
        loseLeases(hand);
        assertThat(otherHand(topic).take().envelope().taskId())
                .as("the task of the worker that hangs")
                .isEqualTo(task.envelope().taskId());
    }

    @Test
    @Rule("14.61")
    @Requires({Feature.LEASE, Feature.INTERRUPTION_COUNT})
    public final void aLostLeaseCountsAsAStart() throws Exception {
        String topic = newTopic();
        Hand hand = peer().hand(topic, options(shortLease()));
        control(hand, topic);
        int count = takenOver(hand, topic, 1).get(0).starts().count();
        switch (capabilities().interruptionPrecision()) {
            case EXACT -> assertThat(count).as("prior starts").isEqualTo(1);
            case UPPER_BOUND -> assertThat(count).as("prior starts, at most").isGreaterThanOrEqualTo(1);
            case LOWER_BOUND -> assertThat(count).as("prior starts, at least").isBetween(0, 1);
            case UNKNOWN -> assumeTrue(false, "starts are not counted here");
        }
    }

    @Test
    @Rule("14.62")
    @Requires({Feature.LEASE, Feature.ATTEMPTS})
    public final void aLostLeaseChangesNeitherEnvelopeNorProgress() throws Exception {
        String topic = newTopic();
        Hand hand = peer().hand(topic, options(shortLease()));
        Delivery.Task task = retried(hand, control(hand, topic), PROGRESS);
        Delivery.Task again = takenOver(hand, topic, 1).get(0);
        assertThat(again.progress()).as("progress after a lost lease").isEqualTo(task.progress());
        assertSameFields(again.envelope(), task.envelope());
        assertSamePayload(again.envelope().payload(), task.envelope().payload(), "payload after a lost lease");
    }

    @Test
    @Rule("14.63")
    @Requires(Feature.LEASE)
    public final void aLeaseThatIsExtendedHolds() throws Exception {
        String topic = newTopic();
        Hand hand = peer().hand(topic, options(shortLease()));
        acked(hand, control(hand, topic));
        Delivery.Task task = control(hand, topic);
        Hand other = newPeer().hand(topic, options(shortLease()));
        for (int i = 1; i <= 3; i++) {
            pass(hand.lease());
            other.expectNothing("the lease of the only task was extended all the time");
        }
        assertThat(hand.ack(task)).as("outcome of the ack of a long run").isEqualTo(Outcome.DONE);
    }

    @Test
    @Rule("14.64")
    public final void extendingNothingIsLegal() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        assertThat(hand.receiver().extend(List.of()))
                .as("what an idle worker lost")
                .isEmpty();
        control(hand, topic);
        assertThat(hand.receiver().extend(List.of()))
                .as("what is lost of nothing")
                .isEmpty();
    }

    @Test
    @Rule("14.65")
    @Requires({Feature.LEASE, Feature.FENCE})
    public final void extendNamesWhatIsLost() throws Exception {
        String topic = newTopic();
        Hand hand = peer().hand(topic, options(shortLease()));
        Delivery held = control(hand, topic);
        assertThat(hand.receiver().extend(List.of(held)))
                .as("what a worker lost that lives")
                .isEmpty();
        takenOver(hand, topic, 1);
        assertThat(hand.receiver().extend(List.of(held)))
                .as("what a worker lost whose task another one has")
                .containsExactly(held);
    }

    @Test
    @Rule("14.66")
    @Requires({Feature.LEASE, Feature.FENCE})
    public final void aSettlementWithoutTheLeaseIsStaleAndTakesNoWorkAway() throws Exception {
        String topic = newTopic();
        Lost lost = lost(topic);
        Map<String, Outcome> outcomes = new TreeMap<>();
        for (Map.Entry<String, Settlement> kind : lost.settlements.entrySet()) {
            outcomes.put(kind.getKey(), lost.loser.settle(kind.getValue()));
        }
        assertThat(outcomes)
                .as("outcomes of a worker that lost its tasks to another")
                .allSatisfy((kind, outcome) -> assertThat(outcome).as(kind).isEqualTo(Outcome.STALE));
        loseLeases(lost.owner);
        otherHand(topic).takeAll(lost.ids);
    }

    @Test
    @Rule("14.67")
    @Requires({Feature.LEASE, Feature.FENCE})
    public final void aNativeFenceLetsNothingThrough() throws Exception {
        Support fence = capabilities().support(Feature.FENCE);
        assumeTrue(fence instanceof Support.Native, () -> "the fence is " + fence + ": a copy may be left");
        String topic = newTopic();
        Lost lost = lost(topic);
        given("14.66", () -> {
            for (Settlement settlement : lost.settlements.values()) {
                assertThat(lost.loser.settle(settlement)).isEqualTo(Outcome.STALE);
            }
            return lost;
        });
        lost.owner.expectNothing("all tasks are out, and what their former owner says does not count");
        if (capabilities().has(Feature.DEAD_LETTERS)) {
            assertThat(peer().letters(topic))
                    .as("dead letters by a worker that had lost its lease")
                    .isEmpty();
        }
        loseLeases(lost.owner);
        for (Delivery.Task task : otherHand(topic).takeAll(lost.ids)) {
            assertThat(task.progress())
                    .as("progress, which the former owner tried to change")
                    .isNotEqualTo(PROGRESS);
        }
    }

    @Test
    @Rule("14.68")
    @Requires(Feature.LEASE)
    public final void whatAClosedReceiverHadNotSettledComesAgain() throws Exception {
        String control = newTopic();
        Hand loser = peer().hand(control, options(shortLease()));
        control(loser, control);
        takenOver(loser, control, 1);
        String topic = newTopic();
        Hand hand = peer().hand(topic, options(shortLease()));
        Delivery.Task task = control(hand, topic);
        hand.close();
        passLease(hand.lease());
        assertThat(otherHand(topic).take().envelope().taskId())
                .as("the task that a closed receiver had not settled")
                .isEqualTo(task.envelope().taskId());
    }

    @Test
    @Rule("14.69")
    @Requires(Feature.LEASE)
    public final void whatAClosedReceiverHadNotSettledWaitsForItsLease() throws Exception {
        assumeTrue(capabilities().leaseKind() == LeaseKind.TIMED, "leases end with the connection here, not with time");
        String topic = newTopic();
        Hand hand = hand(topic);
        control(hand, topic);
        Hand other = otherHand(topic);
        hand.close();
        other.expectNothing("the lease holds, and its handler may still run");
    }

    @Test
    @Rule("14.70")
    @Requires(Feature.RELEASE)
    public final void closeGivesBackWhatIsBuffered() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        send(topic, 5);
        taken(hand);
        hand.close();
        otherHand(topic).take(4);
    }

    @Test
    @Rule("14.71")
    public final void aReceiverThatNeverReceivedCloses() throws Exception {
        String topic = newTopic();
        peer().driver().receiver(topic, options()).close();
        Hand hand = hand(topic);
        hand.close();
        Hand next = hand(topic);
        control(next, topic);
    }

    @Test
    @Rule("14.72")
    public final void closingOneReceiverLeavesTheOthersOpen() throws Exception {
        String topic = newTopic();
        String other = newTopic();
        Hand first = hand(topic);
        Hand sameTopic = hand(topic);
        Hand otherTopic = hand(other);
        control(sameTopic, topic);
        control(otherTopic, other);
        first.look(1);
        first.close();
        for (Hand open : List.of(sameTopic, otherTopic)) {
            send(task(open.topic()));
            assertThat(catchException(open::take))
                    .as("error of a receiver beside one that was closed")
                    .isNull();
        }
    }

    /** The tasks of a worker that loses them, as another worker takes them. */
    private List<Delivery.Task> takenOver(Hand loser, String topic, int count) throws Exception {
        loseLeases(loser);
        Hand other = newPeer().hand(topic, options(shortLease()));
        return given("14.60", () -> other.take(count));
    }

    /** A worker that lost its tasks to another that holds them, and one settlement of each kind that it still tries. */
    private Lost lost(String topic) throws Exception {
        Hand loser = peer().hand(topic, options(shortLease()));
        List<Function<Delivery.Task, Settlement>> kinds =
                new ArrayList<>(settlements().values());
        List<String> names = new ArrayList<>(settlements().keySet());
        send(topic, kinds.size());
        List<Delivery.Task> tasks = taken(loser, kinds.size());
        loseLeases(loser);
        Hand owner = newPeer().hand(topic, options(shortLease()));
        given("14.60", () -> owner.take(kinds.size()));
        Map<String, Settlement> settlements = new TreeMap<>();
        for (int i = 0; i < kinds.size(); i++) {
            settlements.put(names.get(i), kinds.get(i).apply(tasks.get(i)));
        }
        return new Lost(loser, owner, Hand.idsOf(tasks), settlements);
    }

    private record Lost(Hand loser, Hand owner, Set<String> ids, Map<String, Settlement> settlements) {}
}
