package io.backgroundqueue.examples.direct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundTask;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.EnqueueRequest;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.QueueHooks;
import io.backgroundqueue.TaskListener;
import io.backgroundqueue.Worker;
import io.backgroundqueue.WorkerOptions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ExecutorBackgroundQueueTest {
    private final BackgroundQueue queue = new ExecutorBackgroundQueue(Executors.newFixedThreadPool(2));
    private final BlockingQueue<BackgroundTask<String>> seen = new LinkedBlockingQueue<>();

    @AfterEach
    void close() {
        queue.close();
    }

    @Test
    void aTaskEnqueuedBeforeItsWorkerRunsOnceThereIsOne() throws Exception {
        EnqueueReceipt receipt = queue.enqueue("colours", "red", EnqueueOptions.DEFAULT.header("trace", "abc"));
        queue.consume("colours", String.class, seen::add);

        BackgroundTask<String> task = seen.poll(10, TimeUnit.SECONDS);
        assertThat(task).isNotNull();
        assertThat(task.payload()).isEqualTo("red");
        assertThat(task.id()).isEqualTo(receipt.taskId());
        assertThat(task.headers()).containsEntry("trace", "abc");
        assertThat(task.attempt()).isEqualTo(1);
    }

    @Test
    void whatIsNotWrittenIsInherited() throws Exception {
        queue.consume("colours", String.class, seen::add);

        assertThat(queue.enqueueAll(
                        List.of(new EnqueueRequest<>("colours", "red"), new EnqueueRequest<>("colours", "blue"))))
                .hasSize(2);
        assertThat(queue.enqueueAsync("colours", "green")
                        .get(10, TimeUnit.SECONDS)
                        .duplicate())
                .isFalse();
        QueueHooks.queueHook(queue, "colours", (String colour) -> colour).accept("white");
        for (int task = 0; task < 4; task++) {
            assertThat(seen.poll(10, TimeUnit.SECONDS)).isNotNull();
        }
        assertThat(queue.listener()).isSameAs(TaskListener.NONE);
    }

    @Test
    void anOptionThatAnExecutorCannotKeepIsRefused() {
        assertRefused(Kind.UNSUPPORTED, () -> queue.enqueue("colours", "red", EnqueueOptions.DEFAULT.priority(3)));
        assertRefused(
                Kind.UNSUPPORTED,
                () -> queue.consume(
                        "colours", String.class, task -> {}, WorkerOptions.DEFAULT.timeout(Duration.ofSeconds(7))));
        assertRefused(Kind.UNSUPPORTED, () -> queue.admin().stats("colours"));
    }

    @Test
    void wrongArgumentsAndAClosedQueueAreRefused() {
        queue.consume("colours", String.class, task -> {});

        assertRefused(Kind.INVALID, () -> queue.consume("colours", String.class, task -> {}));
        assertRefused(Kind.INVALID, () -> queue.consume("shapes", String.class, null));
        assertRefused(Kind.INVALID, () -> queue.enqueue(" ", "red"));
        Map<String, Object> ring = new HashMap<>();
        ring.put("self", ring);
        assertRefused(Kind.INVALID, () -> queue.enqueue("colours", ring));
        queue.close();
        assertRefused(Kind.CLOSED, () -> queue.enqueue("colours", "red"));
    }

    @Test
    void aFullExecutorIsOverloadAndStoresNothing() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        ExecutorService busy = new ThreadPoolExecutor(1, 1, 1, TimeUnit.MINUTES, new SynchronousQueue<>());
        try (BackgroundQueue full = new ExecutorBackgroundQueue(busy)) {
            full.consume("colours", String.class, seen::add);
            Future<?> otherWork = busy.submit(() -> {
                end.await();
                return null;
            });

            assertRefused(Kind.OVERLOADED, () -> full.enqueue("colours", "blue"));

            end.countDown();
            otherWork.get(10, TimeUnit.SECONDS);
        }
        assertThat(seen).isEmpty();
    }

    @Test
    void aFailedTaskIsNotRepeatedAndDoesNotStopItsWorker() throws Exception {
        queue.consume("colours", String.class, task -> {
            seen.add(task);
            if (task.payload().equals("red")) {
                throw new AssertionError("not red");
            }
        });
        queue.enqueue("colours", "red");
        queue.enqueue("colours", "blue");

        assertThat(seen.poll(10, TimeUnit.SECONDS)).isNotNull();
        assertThat(seen.poll(10, TimeUnit.SECONDS)).isNotNull();
        queue.close();
        assertThat(seen).isEmpty();
    }

    @Test
    void aPausedWorkerGoesOnWhereItStopped() throws Exception {
        ExecutorService single = Executors.newSingleThreadExecutor();
        try (BackgroundQueue pausing = new ExecutorBackgroundQueue(single)) {
            Worker worker = pausing.consume("colours", String.class, seen::add);
            worker.pause();
            pausing.enqueue("colours", "red");
            single.submit(() -> {}).get(10, TimeUnit.SECONDS);
            assertThat(seen).isEmpty();

            worker.resume();

            assertThat(seen.poll(10, TimeUnit.SECONDS)).isNotNull();
        }
    }

    @Test
    void aWorkerThatIsShutDownWaitsForWhatRunsAndLeavesTheRest() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        Worker worker = queue.consume("colours", String.class, task -> {
            begun.countDown();
            end.await();
            seen.add(task);
        });
        queue.enqueue("colours", "red");
        assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();

        CompletableFuture<?> shutdown = CompletableFuture.supplyAsync(() -> worker.shutdown(Duration.ofSeconds(10)));
        assertThat(shutdown).isNotDone();
        end.countDown();
        shutdown.join();

        assertThat(seen).hasSize(1);
        queue.enqueue("colours", "blue");
        queue.consume("colours", String.class, seen::add);
        assertThat(seen.poll(10, TimeUnit.SECONDS)).isNotNull();
        assertThat(seen.poll(10, TimeUnit.SECONDS)).isNotNull();
    }

    private static void assertRefused(Kind kind, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        QueueException.class, error -> assertThat(error.kind()).isEqualTo(kind));
    }
}
