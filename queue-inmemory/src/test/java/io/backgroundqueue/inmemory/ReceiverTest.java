package io.backgroundqueue.inmemory;

import static io.backgroundqueue.inmemory.Sample.task;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a receive that waits is woken by. Real threads, a clock turned by hand. */
@Timeout(30)
class ReceiverTest {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Bench bench = new Bench();

    @Test
    void aTaskThatArrivesEndsTheWait() throws Exception {
        CompletableFuture<List<Delivery>> received = receiving(9);
        bench.send(task("a"));

        assertThat(result(received)).hasSize(1);
    }

    @Test
    void aTaskThatBecomesDueEndsTheWaitAtItsTime() throws Exception {
        bench.send(task("a").after(Duration.ofMinutes(1)));
        CompletableFuture<List<Delivery>> received = receiving(9);
        bench.time.advance(Duration.ofMinutes(1));

        assertThat(result(received)).hasSize(1);
    }

    @Test
    void aDelayThatIsSentDuringTheWaitShortensIt() throws Exception {
        CompletableFuture<List<Delivery>> received = receiving(9);
        bench.send(task("a").after(Duration.ofMinutes(1)));
        bench.time.awaitWaiters(1, PATIENCE);
        bench.time.advance(Duration.ofMinutes(1));

        assertThat(result(received)).hasSize(1);
    }

    @Test
    void aWallClockThatJumpsToTheTimeOfDayEndsTheWait() throws Exception {
        bench.send(task("a").start(new Start.At(Bench.START.plus(HOUR))));
        CompletableFuture<List<Delivery>> received = receiving(9);
        bench.time.jump(HOUR);

        assertThat(result(received)).hasSize(1);
    }

    @Test
    void aLeaseThatEndsHandsTheTaskToAWaitingReceiver() throws Exception {
        bench.send(task("a"));
        Bench.take(Bench.receiver(new InMemoryDriver(bench.broker), 9, 9), 1);
        CompletableFuture<List<Delivery>> received = receiving(9);
        bench.time.advance(Bench.LEASE);

        assertThat(result(received)).hasSize(1);
    }

    @Test
    void aSettlementThatMakesRoomOrFreesAKeyEndsTheWait() throws Exception {
        bench.send(task("a1").key("a"), task("a2").key("a"));
        Delivery.Task first = bench.takeOne();
        CompletableFuture<List<Delivery>> received = receiving(9);
        bench.ack(first);

        assertThat(result(received)).hasSize(1);
    }

    @Test
    void aReleaseByOneProcessEndsTheWaitOfAnother() throws Exception {
        InMemoryReceiver other = Bench.receiver(new InMemoryDriver(bench.broker), 9, 9);
        bench.send(task("a"));
        Delivery.Task held = Bench.take(other, 1).get(0);
        CompletableFuture<List<Delivery>> received = receiving(9);
        other.settle(List.of(new Settlement.Release(held)));

        assertThat(result(received)).hasSize(1);
    }

    @Test
    void theDeadlineEndsTheWaitWithNothing() throws Exception {
        CompletableFuture<List<Delivery>> received = receiving(9);
        bench.time.advance(HOUR);

        assertThat(result(received)).isEmpty();
    }

    @Test
    void aWakeEndsTheWaitAndOneThatCameBeforeIsNotLost() throws Exception {
        CompletableFuture<List<Delivery>> received = receiving(9);
        bench.receiver.wake();
        assertThat(result(received)).isEmpty();

        bench.receiver.wake();
        assertThat(bench.receiver.receive(9, HOUR)).isEmpty();
        assertThat(receiving(9)).isNotDone();
        bench.receiver.wake();
    }

    @Test
    void aWakeIsForOneReceiverOnly() throws Exception {
        InMemoryReceiver other = Bench.receiver(bench.driver, 9, 9);
        CompletableFuture<List<Delivery>> received = receiving(9);
        other.wake();
        bench.time.awaitWaiters(1, PATIENCE);
        assertThat(received).isNotDone();
        bench.send(task("a"));

        assertThat(result(received)).hasSize(1);
    }

    @Test
    void aWaitForNothingLeavesTheTaskToOthers() throws Exception {
        bench.send(task("a"));
        CompletableFuture<List<Delivery>> received = receiving(0);
        assertThat(Bench.take(Bench.receiver(bench.driver, 9, 9), 9)).hasSize(1);
        bench.receiver.wake();

        assertThat(result(received)).isEmpty();
    }

    @Test
    void aDriverThatIsClosedEndsTheWaitAndTakesNothingMore() throws Exception {
        InMemoryDriver survivor = new InMemoryDriver(bench.broker);
        CompletableFuture<List<Delivery>> received = receiving(9);
        bench.driver.close();
        assertThat(result(received)).isEmpty();

        survivor.send(List.of(task("a").envelope()), HOUR);
        assertThat(survivor.stats("orders").ready()).hasValue(1);
    }

    /** A receive on its own thread, waiting by the time this returns. */
    private CompletableFuture<List<Delivery>> receiving(int max) throws InterruptedException {
        CompletableFuture<List<Delivery>> received = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        received.complete(bench.receiver.receive(max, HOUR));
                    } catch (Exception failed) {
                        received.completeExceptionally(failed);
                    }
                },
                "receiving");
        thread.setDaemon(true);
        thread.start();
        bench.time.awaitWaiters(1, PATIENCE);
        return received;
    }

    private static List<Delivery> result(CompletableFuture<List<Delivery>> received) throws Exception {
        return received.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
}
