package io.backgroundqueue.testkit.seam;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.Feature;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.testkit.Requires;
import io.backgroundqueue.testkit.Rule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Rules 14.130 to 14.139: dead letters. */
public abstract class DeadLetterRules extends AdminRules {
    DeadLetterRules() {}

    @Test
    @Rule("14.130")
    @Requires(Feature.DEAD_LETTERS)
    public final void theOldestLetterComesFirst() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        send(topic, 5);
        List<Delivery.Task> tasks = new ArrayList<>(taken(hand, 5));
        Collections.rotate(tasks, 2);
        List<String> ids = new ArrayList<>();
        for (Delivery.Task task : tasks) {
            ids.add(buried(hand, task).id());
            pass(Duration.ofMillis(10));
        }
        assertThat(ids(peer().letters(topic), letter -> letter.id()))
                .as("ids of the letters, in the order of a walk")
                .containsExactlyElementsOf(ids);
    }

    @Test
    @Rule("14.131")
    @Requires(Feature.DEAD_LETTERS)
    public final void thirtyWalksChangeNothing() throws Exception {
        String topic = newTopic();
        bury(topic, 3);
        List<DeadLetter> before = peer().letters(topic);
        for (int i = 1; i <= 30; i++) {
            assertThat(peer().letters(topic)).as("dead letters in walk " + i).isEqualTo(before);
        }
    }

    @Test
    @Rule("14.132")
    @Requires(Feature.DEAD_LETTERS)
    public final void aWalkGoesPageByPageToTheEnd() throws Exception {
        String topic = newTopic();
        List<DeadLetter> letters = bury(topic, 5);
        List<String> seen = new ArrayList<>();
        try (DeadLetterCursor walk = peer().driver().deadLetters(topic)) {
            List<DeadLetter> page = walk.next(2);
            while (!page.isEmpty() && seen.size() < 20) {
                assertThat(page).as("a page of at most 2").hasSizeLessThanOrEqualTo(2);
                page.forEach(letter -> seen.add(letter.id()));
                page = walk.next(2);
            }
            assertThat(walk.next(2)).as("what comes after the end").isEmpty();
        }
        assertThat(seen)
                .as("ids of a walk in pages of 2")
                .containsExactlyInAnyOrderElementsOf(ids(letters, letter -> letter.id()));
    }

    @Test
    @Rule("14.133")
    @Requires(Feature.DEAD_LETTERS)
    public final void aReplayedTaskStartsAnew() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        send(fullTask(topic));
        Delivery.Task task = taken(hand);
        buried(hand, task);
        replayAll(topic);
        Delivery.Task again = hand.take();
        assertSameFields(again.envelope(), task.envelope());
        assertSamePayload(again.envelope().payload(), task.envelope().payload(), "payload after a replay");
        assertThat(again.progress()).as("progress after a replay").isEqualTo(Progress.replay());
        assertThat(again.starts().count()).as("prior starts after a replay").isZero();
    }

    @Test
    @Rule("14.134")
    @Requires({Feature.DEAD_LETTERS, Feature.FIFO})
    public final void aReplayedTaskStandsBehindTheReadyOnes() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        Delivery.Task dead = control(hand, topic);
        buried(hand, dead);
        hand.close();
        List<Envelope> ready = send(topic, 3);
        replayAll(topic);
        pass(limits().lateness());
        Hand heir = hand(topic);
        List<String> came = given("14.133", () -> {
            List<String> ids = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                ids.add(heir.take().envelope().taskId());
            }
            return ids;
        });
        List<String> expected = new ArrayList<>(ids(ready, task -> task.taskId()));
        given("14.91", () -> {
            assertThat(came.stream().filter(expected::contains).toList()).isEqualTo(expected);
            return came;
        });
        expected.add(dead.envelope().taskId());
        assertThat(came)
                .as("three ready tasks and a replayed one, as they came")
                .isEqualTo(expected);
    }

    @Test
    @Rule("14.135")
    @Requires(Feature.DEAD_LETTERS)
    public final void aReplayRemovesItsLettersAndAnswersHowMany() throws Exception {
        String topic = newTopic();
        bury(topic, 3);
        try (DeadLetterCursor walk = peer().driver().deadLetters(topic)) {
            List<DeadLetter> page = all(walk);
            assertThat(walk.replay(page.subList(0, 2)))
                    .as("what a replay of two letters answered")
                    .isEqualTo(2);
            assertThat(ids(peer().letters(topic), letter -> letter.id()))
                    .as("letters that are left")
                    .containsExactly(page.get(2).id());
        }
    }

    @Test
    @Rule("14.137")
    @Requires(Feature.DEAD_LETTERS)
    public final void onePurgedLetterIsGoneAndNoOther() throws Exception {
        String topic = newTopic();
        bury(topic, 3);
        try (DeadLetterCursor walk = peer().driver().deadLetters(topic)) {
            List<DeadLetter> page = all(walk);
            assertThat(walk.purge(List.of(page.get(1))))
                    .as("what a purge of one letter answered")
                    .isEqualTo(1);
            assertThat(ids(peer().letters(topic), letter -> letter.id()))
                    .as("letters that are left")
                    .containsExactlyInAnyOrder(page.get(0).id(), page.get(2).id());
        }
    }

    @Test
    @Rule("14.138")
    @Requires(Feature.DEAD_LETTERS)
    public final void lettersThatAreGoneArePassedOver() throws Exception {
        givenHeldOnce();
        String topic = newTopic();
        bury(topic, 2);
        Peer other = newPeer();
        try (DeadLetterCursor first = peer().driver().deadLetters(topic);
                DeadLetterCursor second = other.driver().deadLetters(topic)) {
            List<DeadLetter> page = all(first);
            List<DeadLetter> same = all(second);
            given("14.135", () -> {
                assertThat(first.replay(page.subList(0, 1))).isEqualTo(1);
                return page;
            });
            given("14.137", () -> {
                assertThat(first.purge(page.subList(1, 2))).isEqualTo(1);
                return page;
            });
            assertThat(second.replay(same))
                    .as("replayed letters that were gone")
                    .isZero();
            assertThat(second.purge(same)).as("purged letters that were gone").isZero();
        }
        Hand hand = hand(topic);
        given("14.133", hand::take);
        hand.expectNothing("one of two letters was replayed, once");
    }

    @Test
    @Rule("14.139")
    @Requires(Feature.DEAD_LETTERS)
    public final void lettersAreThereForEveryProcessOnTheirTopicOnly() throws Exception {
        String topic = newTopic();
        String other = newTopic();
        List<DeadLetter> letters = bury(topic, 1);
        assertThat(newPeer().letters(topic))
                .as("letters as another process sees them")
                .isEqualTo(letters);
        assertThat(peer().letters(other)).as("letters of another topic").isEmpty();
    }

    /** Dead letters on a topic, in order of their death, as a walk shows them. */
    private List<DeadLetter> bury(String topic, int count) throws Exception {
        Hand hand = hand(topic);
        List<DeadLetter> letters = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            letters.add(buried(hand, control(hand, topic)));
            pass(Duration.ofMillis(10));
        }
        hand.close();
        return letters;
    }

    private static List<DeadLetter> all(DeadLetterCursor walk) throws Exception {
        List<DeadLetter> all = new ArrayList<>();
        List<DeadLetter> page = walk.next(100);
        while (!page.isEmpty()) {
            all.addAll(page);
            page = walk.next(100);
        }
        return all;
    }

    private void replayAll(String topic) throws Exception {
        try (DeadLetterCursor walk = peer().driver().deadLetters(topic)) {
            walk.replay(all(walk));
        }
    }

    private static <T> List<String> ids(List<T> things, Function<T, String> id) {
        return things.stream().map(id).toList();
    }
}
