package io.backgroundqueue.internal;

import static io.backgroundqueue.internal.Deliveries.fresh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.EnqueueReceipt.Status;
import io.backgroundqueue.Recorder;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

/** An application's executor that has no thread to give. */
class ExecutorTest {
    private final Bench bench = new Bench();

    @Test
    void aTaskForWhichNoThreadCanBeMadeIsGivenBackWithThoseBehindIt() {
        WorkerBench worker = new WorkerBench(bench, WorkerOptions.DEFAULT.concurrency(3), task -> {});
        worker.executor = run -> {
            throw new OutOfMemoryError("unable to create native thread");
        };
        Delivery.Task a = fresh("a");
        Delivery.Task b = fresh("b");
        worker.receiver.offer(a, b);
        assertThat(catchThrowable(worker.loop::turn)).isNotNull();
        worker.settle();

        assertThat(worker.receiver.settlements()).containsExactly(new Settlement.Release(a), new Settlement.Release(b));
        assertThat(worker.slots.free()).isEqualTo(3);
        assertThat(worker.settler.held()).isEmpty();
    }

    @Test
    void anAsynchronousEnqueueIsAnsweredAlsoWhenTheExecutorRejectsItsCallback() {
        bench.options(builder -> builder.executor(run -> {
            throw new RejectedExecutionException("saturated");
        }));
        EngineQueue queue = bench.queue();
        CompletableFuture<EnqueueReceipt> answer = queue.enqueueAsync("orders", "a");

        bench.passTimeUntil(answer::isDone);
        assertThat(bench.driver.sent()).hasSize(1);
        assertThat(catchThrowable(answer::join)).as("the task is stored").isNull();
        queue.close();
    }

    @Test
    void aHandlerMayWaitForAnAsynchronousEnqueueOnAnExecutorThatHasOneThreadPerHandler() {
        ExecutorService single = Executors.newSingleThreadExecutor();
        bench.options(builder -> builder.executor(single));
        ScriptedReceiver receiver = new ScriptedReceiver("orders", bench.driver);
        bench.driver.receivers = topic -> receiver;
        EngineQueue queue = bench.queue();
        Recorder<EnqueueReceipt> receipts = new Recorder<>();
        Recorder<Thread> handlers = new Recorder<>();
        queue.consume(
                "orders",
                String.class,
                task -> {
                    handlers.add(Thread.currentThread());
                    receipts.add(queue.enqueueAsync("mails", "follow-up").get());
                },
                WorkerOptions.DEFAULT.concurrency(1));
        receiver.offer(fresh("a"));
        handlers.await(1);
        try {
            bench.passTimeUntil(() -> !receipts.all().isEmpty());
            assertThat(receipts.all().get(0).status()).isEqualTo(Status.ACCEPTED);
        } finally {
            single.shutdownNow();
            bench.passTimeUntil(Bench.elsewhere(() -> queue.shutdown(Duration.ZERO)));
        }
    }
}
