package io.backgroundqueue.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Recorder;
import io.backgroundqueue.spi.SendResult;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** A queue that is closed by a thread that has been told to end, as pools do at their shutdown. */
class InterruptedCloseTest {
    private final Bench bench = new Bench();

    @Test
    void theDriverIsClosedLastAlsoWhenTheCloserIsInterrupted() {
        CountDownLatch receiving = new CountDownLatch(1);
        CountDownLatch closing = new CountDownLatch(1);
        ScriptedReceiver receiver = new ScriptedReceiver("orders", bench.driver);
        receiver.parking = () -> {
            receiving.countDown();
            closing.await();
            return true;
        };
        bench.driver.receivers = topic -> receiver;
        EngineQueue queue = bench.queue();
        queue.consume("orders", String.class, task -> {});
        Recorder<Boolean> flags = new Recorder<>();
        Thread closer = new Thread(() -> {
            Thread.currentThread().interrupt();
            queue.shutdown(Duration.ZERO);
            flags.add(Thread.currentThread().isInterrupted());
        });
        closer.start();
        Recorder.within(receiving::await);
        bench.driver.journal.add("the receiver is still in a call");
        closing.countDown();
        WorkerBench.join(closer);
        bench.driver.journal.await("close orders"::equals, 1);

        assertThat(bench.driver.journal.all())
                .containsExactly("open orders", "the receiver is still in a call", "close orders", "close driver");
        assertThat(flags.all()).containsExactly(true);
    }

    @Test
    void theDriverIsClosedWithoutTheInterruptOfWhoClosesIt() {
        EngineQueue queue = bench.queue();
        Recorder<Boolean> flags = new Recorder<>();
        Thread closer = new Thread(() -> {
            Thread.currentThread().interrupt();
            queue.shutdown(Duration.ZERO);
            flags.add(Thread.currentThread().isInterrupted());
        });
        closer.start();
        WorkerBench.join(closer);

        assertThat(bench.driver.journal.all()).containsExactly("close driver");
        assertThat(bench.driver.interrupted).isFalse();
        assertThat(flags.all()).containsExactly(true);
    }

    @Test
    void aSendThatIsOnItsWayEndsBeforeTheDriverIsClosed() {
        CountDownLatch sending = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        bench.driver.sending = (batch, timeout) -> {
            sending.countDown();
            release.await();
            bench.driver.journal.add("sent");
            return ScriptedDriver.all(batch, SendResult.ACCEPTED);
        };
        EngineQueue queue = bench.queue();
        assertThat(queue.enqueueAsync("orders", "a")).isNotDone();
        Recorder.within(sending::await);
        Thread closer = new Thread(() -> {
            Thread.currentThread().interrupt();
            queue.shutdown(Duration.ZERO);
        });
        closer.start();
        bench.passTimeUntil(() -> !closer.isAlive() || closer.getState() == Thread.State.TIMED_WAITING);
        release.countDown();
        WorkerBench.join(closer);
        bench.driver.journal.await(2);

        assertThat(bench.driver.journal.all()).containsExactly("sent", "close driver");
    }
}
