package io.backgroundqueue.spi;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.inmemory.ManualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LaneBufferTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration WAIT = Duration.ofSeconds(30);
    private static final Executor OWN_THREAD = task -> new Thread(task, "poller").start();

    private final ManualTime time = new ManualTime(Instant.EPOCH);
    private final LaneBuffer<String> buffer = new LaneBuffer<>(3, time);

    @Test
    void higherLanesGoFirstAndEachLaneKeepsItsOrder() throws Exception {
        buffer.add(2, "low 1");
        buffer.add(0, "high 1");
        buffer.add(1, "middle");
        buffer.add(0, "high 2");
        buffer.add(2, "low 2");

        assertThat(buffer.size()).isEqualTo(5);
        assertThat(buffer.poll(2, Duration.ZERO)).containsExactly("high 1", "high 2");
        assertThat(buffer.poll(9, Duration.ZERO)).containsExactly("middle", "low 1", "low 2");
        assertThat(buffer.size()).isZero();
    }

    @Test
    void whatIsGivenBackGoesBeforeTheOthersOfItsLane() throws Exception {
        buffer.add(1, "second");
        buffer.addFirst(1, "first");
        buffer.add(0, "high");

        assertThat(buffer.poll(9, Duration.ZERO)).containsExactly("high", "first", "second");
    }

    @Test
    void oneInSixteenIsTakenFromALowerLane() throws Exception {
        IntStream.range(0, 40).forEach(i -> buffer.add(0, "high"));
        IntStream.range(0, 40).forEach(i -> buffer.add(2, "low"));

        assertThat(buffer.poll(32, Duration.ZERO)).filteredOn("low"::equals).hasSize(2);
    }

    @Test
    void anEmptyBufferAnswersAtOnceWhenNobodyWantsToWait() throws Exception {
        assertThat(buffer.poll(5, Duration.ZERO)).isEmpty();
        assertThat(buffer.poll(0, WAIT)).isEmpty();
        assertThat(buffer.drain()).isEmpty();
    }

    @Test
    void pollingForNothingTakesNothing() throws Exception {
        buffer.add(0, "a");

        assertThat(buffer.poll(0, WAIT)).isEmpty();
        assertThat(buffer.size()).isEqualTo(1);
    }

    @Test
    void aWaitingPollGetsTheFirstItemThatComes() throws Exception {
        CompletableFuture<List<String>> polled = waitingPoll();
        buffer.add(1, "a");

        assertThat(polled.get(10, TimeUnit.SECONDS)).containsExactly("a");
    }

    @Test
    void aWaitingPollGetsWhatIsGivenBack() throws Exception {
        CompletableFuture<List<String>> polled = waitingPoll();
        buffer.addFirst(1, "a");

        assertThat(polled.get(10, TimeUnit.SECONDS)).containsExactly("a");
    }

    @Test
    void aPollWaitsNoLongerThanItWasTold() throws Exception {
        CompletableFuture<List<String>> polled = waitingPoll();
        time.advance(WAIT.minusNanos(1));
        assertThat(polled).isNotDone();
        time.advance(Duration.ofNanos(1));

        assertThat(polled.get(10, TimeUnit.SECONDS)).isEmpty();
    }

    @Test
    void aWakeEndsAWaitingPoll() throws Exception {
        CompletableFuture<List<String>> polled = waitingPoll();
        buffer.wake();

        assertThat(polled.get(10, TimeUnit.SECONDS)).isEmpty();
    }

    @Test
    void aWakeThatComesFirstIsKeptForOnePoll() throws Exception {
        buffer.wake();
        assertThat(buffer.poll(1, WAIT)).isEmpty();

        CompletableFuture<List<String>> polled = waitingPoll();
        assertThat(polled).isNotDone();
        buffer.wake();
        assertThat(polled.get(10, TimeUnit.SECONDS)).isEmpty();
    }

    @Test
    void drainingTakesEverythingHigherLanesFirst() {
        buffer.add(2, "low");
        buffer.add(0, "high");

        assertThat(buffer.drain()).containsExactly("high", "low");
        assertThat(buffer.size()).isZero();
    }

    private CompletableFuture<List<String>> waitingPoll() throws InterruptedException {
        CompletableFuture<List<String>> polled = CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return buffer.poll(5, WAIT);
                    } catch (InterruptedException interrupted) {
                        throw new IllegalStateException(interrupted);
                    }
                },
                OWN_THREAD);
        time.awaitWaiters(1, PATIENCE);
        return polled;
    }
}
