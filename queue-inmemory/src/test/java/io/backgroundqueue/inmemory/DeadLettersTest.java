package io.backgroundqueue.inmemory;

import static io.backgroundqueue.inmemory.Sample.task;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Progress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class DeadLettersTest {
    private final Bench bench = new Bench();

    @Test
    void aLetterTellsAllThereIsToKnow() throws Exception {
        bench.send(task("a").priority(7).bytes(3));
        bench.time.advance(Duration.ofSeconds(9));
        bench.kill(bench.takeOne());

        DeadLetter letter = walk().next(1).get(0);

        assertThat(letter.id()).isEqualTo("a");
        assertThat(letter.topic()).isEqualTo("orders");
        assertThat(letter.reason()).isEqualTo(DeadReason.ATTEMPTS_EXHAUSTED);
        assertThat(letter.error()).contains("boom");
        assertThat(letter.failures()).isEqualTo(1);
        assertThat(letter.attempts()).isEqualTo(OptionalInt.of(4));
        assertThat(letter.priority()).isEqualTo(7);
        assertThat(letter.diedAt()).contains(Bench.START.plusSeconds(9));
        assertThat(letter.headers()).isEqualTo(Map.of("made-by", "test"));
        assertThat(letter.payload().size()).isEqualTo(3);
    }

    @Test
    void walkingTakesThePagesInOrderOfDeathAndChangesNothing() throws Exception {
        killInOrder("c", "a", "b");

        for (int walks = 0; walks < 3; walks++) {
            DeadLetterCursor cursor = walk();
            assertThat(ids(cursor.next(2))).containsExactly("c", "a");
            assertThat(ids(cursor.next(2))).containsExactly("b");
            assertThat(cursor.next(2)).isEmpty();
            cursor.close();
        }
        assertThat(bench.counts()).containsExactly(0L, 0L, 0L, 3L);
    }

    @Test
    void aWalkGoesOnWhereItWasWhateverHappensToTheLetters() throws Exception {
        killInOrder("a", "b", "c", "d");
        DeadLetterCursor cursor = walk();
        cursor.next(1);

        DeadLetterCursor other = walk();
        assertThat(other.purge(other.next(2))).isEqualTo(2);

        assertThat(ids(cursor.next(1))).containsExactly("c");
        assertThat(ids(cursor.next(1))).containsExactly("d");
    }

    @Test
    void aWalkThatReplaysWhatDiesAgainEnds() throws Exception {
        killInOrder("a", "b");
        DeadLetterCursor cursor = walk();
        int replayed = 0;
        for (List<DeadLetter> page = cursor.next(1); !page.isEmpty(); page = cursor.next(1)) {
            replayed += cursor.replay(page);
            bench.kill(bench.takeOne());
        }

        assertThat(replayed).isEqualTo(2);
        assertThat(ids(walk().next(9))).containsExactly("a", "b");
    }

    @Test
    void aReplayedTaskStartsAnewBehindTheReadyOnesWithAllItHad() throws Exception {
        bench.send(task("dead").priority(5).bytes(3));
        Delivery.Task before = bench.takeOne();
        bench.kill(before);
        bench.send(task("ready").priority(5));
        DeadLetterCursor cursor = walk();

        assertThat(cursor.replay(cursor.next(9))).isEqualTo(1);

        List<Delivery.Task> taken = bench.take(9);
        assertThat(taken).extracting(t -> t.envelope().taskId()).containsExactly("ready", "dead");
        assertThat(taken.get(1).envelope()).isEqualTo(before.envelope());
        assertThat(taken.get(1).progress()).isEqualTo(Progress.replay());
    }

    @Test
    void lettersThatAreGoneOrGivenTwiceArePassedOver() throws Exception {
        killInOrder("a", "b");
        DeadLetterCursor cursor = walk();
        List<DeadLetter> letters = cursor.next(9);
        DeadLetter a = letters.get(0);
        DeadLetter b = letters.get(1);

        assertThat(cursor.purge(List.of(a))).isEqualTo(1);
        assertThat(cursor.replay(List.of(a, b, b))).isEqualTo(1);
        assertThat(cursor.replay(letters)).isZero();
        assertThat(cursor.purge(letters)).isZero();
        assertThat(bench.counts()).containsExactly(1L, 0L, 0L, 0L);
    }

    private void killInOrder(String... ids) {
        for (String id : ids) {
            bench.send(task(id));
            bench.kill(bench.takeOne());
        }
    }

    private DeadLetterCursor walk() {
        return bench.driver.deadLetters("orders");
    }

    private static List<String> ids(List<DeadLetter> letters) {
        return letters.stream().map(DeadLetter::id).toList();
    }
}
