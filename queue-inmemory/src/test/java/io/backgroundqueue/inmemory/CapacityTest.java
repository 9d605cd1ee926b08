package io.backgroundqueue.inmemory;

import static io.backgroundqueue.inmemory.Sample.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.Scope;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.SendResult;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class CapacityTest {
    @Test
    void aTaskThatDoesNotFitFailsAloneAndSaysWhatToDo() {
        Bench bench = new Bench(10, 100);

        List<SendResult> results =
                bench.send(task("a").bytes(60), task("b").bytes(41), task("c").bytes(40));

        assertThat(results.get(0)).isEqualTo(SendResult.ACCEPTED);
        assertThat(results.get(2)).isEqualTo(SendResult.ACCEPTED);
        assertThat(results.get(1)).isInstanceOfSatisfying(SendResult.Failed.class, failed -> {
            assertThat(failed.errorClass()).isEqualTo(ErrorClass.THROTTLED);
            assertThat(failed.why())
                    .hasMessageContaining("60 of 100 payload bytes")
                    .hasMessageContaining("has 41 bytes")
                    .hasMessageContaining("raise capacity");
        });
        assertThat(bench.takeIds(9)).containsExactly("a", "c");
    }

    @Test
    void theBoundHoldsForAllTopicsTogether() {
        Bench bench = new Bench(2, 100);
        bench.send(task("a"), task("b").topic("mails"));

        assertThat(bench.sendOne(task("c").topic("third"))).isInstanceOf(SendResult.Failed.class);
    }

    @Test
    void aFullQueueRefusesNoRetryNoReleaseNoDeathAndNoReplay() throws Exception {
        Bench bench = new Bench(2, 100);
        bench.send(task("a"), task("b"));
        List<Delivery.Task> taken = bench.take(2);

        assertThat(bench.later(taken.get(0), Duration.ZERO)).isEqualTo(Outcome.DONE);
        assertThat(bench.release(taken.get(1))).isEqualTo(Outcome.DONE);
        assertThat(bench.kill(bench.takeOne())).isEqualTo(Outcome.DONE);
        var cursor = bench.driver.deadLetters("orders");
        assertThat(cursor.replay(cursor.next(9))).isEqualTo(1);
        assertThat(bench.counts()).containsExactly(2L, 0L, 0L, 0L);
        assertThat(bench.sendOne(task("c"))).isInstanceOf(SendResult.Failed.class);
    }

    @Test
    void deadLettersKeepTheirRoomUntilTheyArePurged() {
        Bench bench = new Bench(1, 100);
        bench.send(task("a"));
        bench.kill(bench.takeOne());
        assertThat(bench.sendOne(task("b"))).isInstanceOf(SendResult.Failed.class);

        bench.driver.purge("orders", Scope.DEAD);

        assertThat(bench.sendOne(task("b"))).isEqualTo(SendResult.ACCEPTED);
    }

    @Test
    void everyWayOutGivesTheRoomBack() {
        Bench bench = new Bench(1, 10);
        bench.send(task("a").bytes(10));
        bench.ack(bench.takeOne());
        assertThat(bench.sendOne(task("b").bytes(10))).isEqualTo(SendResult.ACCEPTED);
        bench.driver.cancel("orders", "b");
        assertThat(bench.sendOne(task("c").bytes(10))).isEqualTo(SendResult.ACCEPTED);
        bench.driver.purge("orders", Scope.READY);
        assertThat(bench.sendOne(task("d").bytes(10))).isEqualTo(SendResult.ACCEPTED);
    }

    @Test
    void aRefusedTaskTakesNoDeduplicationId() {
        Bench bench = new Bench(1, 100);
        bench.send(task("a"));
        bench.send(task("b").dedup("click", Duration.ofMinutes(5)));
        bench.ack(bench.takeOne());

        assertThat(bench.sendOne(task("c").dedup("click", Duration.ofMinutes(5))))
                .isEqualTo(SendResult.ACCEPTED);
    }

    @Test
    void rememberedDeduplicationIdsAreBoundedUntilTheirWindowsEnd() {
        Bench bench = new Bench(1, 100);
        Duration window = Duration.ofMinutes(5);
        for (int i = 0; i < bench.broker.capacity().maxIds(); i++) {
            bench.send(task("t" + i).dedup("d" + i, window));
            bench.ack(bench.takeOne());
        }

        assertThat(bench.sendOne(task("x").dedup("x", window)))
                .isInstanceOfSatisfying(
                        SendResult.Failed.class,
                        failed -> assertThat(failed.why())
                                .hasMessageContaining("'orders' remembers 100000 deduplication ids"));
        assertThat(bench.sendOne(task("plain"))).isEqualTo(SendResult.ACCEPTED);
        bench.ack(bench.takeOne());
        bench.time.advance(window);
        assertThat(bench.sendOne(task("x").dedup("x", window))).isEqualTo(SendResult.ACCEPTED);
    }

    @Test
    void aPayloadLargerThanTheWholeQueueIsOverTheDeclaredLimit() {
        assertThat(new Bench(1, 100).driver.capabilities().limits().maxPayloadBytes())
                .isEqualTo(100);
    }

    @Test
    void aCapacityBelowOneIsRefused() {
        assertThatThrownBy(() -> new Capacity(0, 1))
                .isInstanceOfSatisfying(
                        QueueException.class,
                        refused -> assertThat(refused.kind()).isEqualTo(QueueException.Kind.INVALID))
                .hasMessageContaining("capacity is 0");
        assertThatThrownBy(() -> new Capacity(1, -5)).hasMessageContaining("capacityBytes is -5");
    }
}
