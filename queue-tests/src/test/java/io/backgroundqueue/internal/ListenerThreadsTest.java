package io.backgroundqueue.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.Recorder;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.SendResult;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Listeners run on the engine's threads, and do there what an application does. */
class ListenerThreadsTest {
    private final Bench bench = new Bench();

    @Test
    void aListenerThatEnqueuesAnAlarmWhileTheBackendIsAwayKeepsNobodyFromItsAnswer() {
        bench.driver.sending = (batch, timeout) -> {
            throw new BackendError(ErrorClass.TRANSIENT, "away");
        };
        Recorder<EngineQueue> own = new Recorder<>();
        bench.options(builder -> builder.listener(event -> {
            if (event instanceof TaskEvent.EnqueueFailed && event.topic().equals("orders")) {
                own.all().get(0).enqueue("alarms", "orders cannot be enqueued");
            }
        }));
        EngineQueue queue = bench.queue();
        own.add(queue);
        CompletableFuture<Throwable> answer = Bench.elsewhere(() -> catchThrowable(() -> queue.enqueue("orders", "a")));

        Throwable error = bench.passTimeUntil(answer);
        bench.driver.sending = (batch, timeout) -> ScriptedDriver.all(batch, SendResult.ACCEPTED);
        assertThat(((QueueException) error).kind()).isEqualTo(Kind.UNAVAILABLE);
        bench.passTimeUntil(Bench.elsewhere(() -> queue.shutdown(Duration.ZERO)));
    }

    @Test
    void aListenerThatLeavesAnInterruptBehindEndsNoLoop() {
        AtomicBoolean once = new AtomicBoolean();
        bench.options(builder -> builder.listener(event -> {
            if (once.compareAndSet(false, true)) {
                Thread.currentThread().interrupt();
            }
        }));
        EngineQueue queue = bench.queue();
        queue.enqueue("orders", "a");
        CompletableFuture<Object> second = Bench.elsewhere(() -> queue.enqueue("orders", "b"));

        assertThat(bench.passTimeUntil(second)).isNotNull();
        queue.close();
    }
}
