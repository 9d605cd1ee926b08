package io.backgroundqueue.inmemory;

import static io.backgroundqueue.inmemory.Sample.task;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Scope;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Delivery;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class OrderingKeyTest {
    private static final Duration DELAY = Duration.ofSeconds(20);

    private final Bench bench = new Bench();

    @Test
    void oneTaskPerKeyRunsAtATimeInOrderOfAcceptance() {
        bench.send(
                task("a1").key("a"),
                task("a2").key("a"),
                task("b1").key("b"),
                task("free"),
                task("a3").key("a"));

        Delivery.Task a1 = bench.takeOne();
        assertThat(bench.takeIds(9)).containsExactly("b1", "free");
        bench.ack(a1);
        Delivery.Task a2 = bench.takeOne();
        assertThat(a2.envelope().taskId()).isEqualTo("a2");
        assertThat(bench.take(9)).isEmpty();
        bench.ack(a2);
        assertThat(bench.takeIds(9)).containsExactly("a3");
    }

    @Test
    void aRetryBlocksItsKeyAndNoOther() {
        bench.send(task("a1").key("a"), task("a2").key("a"), task("b1").key("b"));
        bench.later(bench.takeOne(), DELAY);
        assertThat(bench.takeIds(9)).containsExactly("b1");

        bench.time.advance(DELAY);

        Delivery.Task a1 = bench.takeOne();
        assertThat(a1.envelope().taskId()).isEqualTo("a1");
        bench.kill(a1);
        assertThat(bench.takeIds(9)).containsExactly("a2");
    }

    @Test
    void aRetryWithoutDelayStaysAheadOfItsKey() {
        bench.send(task("a1").key("a"), task("a2").key("a"));
        bench.later(bench.takeOne(), Duration.ZERO);

        assertThat(bench.takeIds(9)).containsExactly("a1");
    }

    @Test
    void aReleasedOrLostTaskStaysAheadOfItsKey() {
        bench.send(task("a1").key("a"), task("a2").key("a"));
        bench.release(bench.takeOne());
        assertThat(bench.takeIds(9)).containsExactly("a1");

        bench.time.advance(Bench.LEASE);
        assertThat(bench.takeIds(9)).containsExactly("a1");
    }

    @Test
    void aDelayedTaskEntersItsLineWhenItIsDueAndBlocksNobodyBefore() {
        bench.send(
                task("a1").key("a").after(DELAY),
                task("a2").key("a"),
                task("a3").key("a"));
        Delivery.Task a2 = bench.takeOne();
        assertThat(a2.envelope().taskId()).isEqualTo("a2");

        bench.time.advance(DELAY);
        assertThat(bench.take(9)).isEmpty();
        bench.ack(a2);

        Delivery.Task a3 = bench.takeOne();
        assertThat(a3.envelope().taskId()).isEqualTo("a3");
        bench.ack(a3);
        assertThat(bench.takeIds(9)).containsExactly("a1");
    }

    @Test
    void cancellingTheHeadFreesTheNextWhetherItIsReadyOrWaitsForARetry() {
        bench.send(task("a1").key("a"), task("a2").key("a"), task("a3").key("a"));
        assertThat(bench.driver.cancel("orders", "a1")).isTrue();
        Delivery.Task a2 = bench.takeOne();
        assertThat(a2.envelope().taskId()).isEqualTo("a2");
        bench.later(a2, DELAY);
        assertThat(bench.take(9)).isEmpty();

        assertThat(bench.driver.cancel("orders", "a2")).isTrue();
        assertThat(bench.takeIds(9)).containsExactly("a3");
    }

    @Test
    void cancellingOneInTheMiddleKeepsTheOrderOfTheOthers() {
        bench.send(task("a1").key("a"), task("a2").key("a"), task("a3").key("a"));
        assertThat(bench.driver.cancel("orders", "a2")).isTrue();
        bench.ack(bench.takeOne());

        assertThat(bench.takeIds(9)).containsExactly("a3");
    }

    @Test
    void aTaskBehindItsKeyMayNotStartAndSoCountsAsDelayed() {
        bench.send(task("a1").key("a"), task("a2").key("a"), task("a3").key("a"));
        assertThat(bench.counts()).containsExactly(1L, 2L, 0L, 0L);
        bench.takeOne();
        assertThat(bench.counts()).containsExactly(0L, 2L, 1L, 0L);
    }

    @Test
    void purgeDeletesWhatIsBlockedAndLeavesAWorkingLine() {
        bench.send(task("a1").key("a"), task("a2").key("a"), task("a3").key("a"));
        Delivery.Task a1 = bench.takeOne();

        assertThat(bench.driver.purge("orders", Scope.READY)).isEqualTo(2);
        bench.send(task("a4").key("a"));
        assertThat(bench.take(9)).isEmpty();
        bench.ack(a1);
        assertThat(bench.takeIds(9)).containsExactly("a4");
    }

    @Test
    void aReplayedTaskGoesToTheEndOfItsLine() throws Exception {
        bench.send(task("a1").key("a"), task("a2").key("a"));
        bench.kill(bench.takeOne());
        DeadLetterCursor cursor = bench.driver.deadLetters("orders");
        assertThat(cursor.replay(cursor.next(9))).isEqualTo(1);

        Delivery.Task a2 = bench.takeOne();
        assertThat(a2.envelope().taskId()).isEqualTo("a2");
        assertThat(bench.take(9)).isEmpty();
        bench.ack(a2);
        assertThat(bench.takeIds(9)).containsExactly("a1");
    }
}
