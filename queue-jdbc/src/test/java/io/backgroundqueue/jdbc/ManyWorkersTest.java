package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueRequest;
import io.backgroundqueue.EnqueueResult;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.testkit.Patience;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Trap P10: many workers take from one topic, and no task runs twice. */
class ManyWorkersTest {
    private static final int WORKERS = 8;
    private static final int THREADS = 16;

    @ParameterizedTest
    @CsvSource({"POSTGRESQL, 100000", "H2, 20000"})
    void eachOfManyTasksRunsOnce(LabDatabase database, int tasks) throws Exception {
        AtomicIntegerArray runs = new AtomicIntegerArray(tasks);
        AtomicInteger ended = new AtomicInteger();
        try (Lab lab = Lab.on(database)) {
            String topic = Lab.newTopic("many");
            BackgroundQueue producer = lab.closeLater(BackgroundQueues.open(lab.url()));
            for (int worker = 0; worker < WORKERS; worker++) {
                BackgroundQueue queue = lab.closeLater(BackgroundQueues.open(lab.with("poolSize=4")));
                queue.consume(
                        topic,
                        Integer.class,
                        task -> {
                            runs.incrementAndGet(task.payload());
                            ended.incrementAndGet();
                        },
                        WorkerOptions.DEFAULT.concurrency(THREADS));
            }
            double seconds = Timed.seconds(() -> {
                for (int from = 0; from < tasks; from += 1_000) {
                    enqueue(producer, topic, from);
                }
                Patience patience = new Patience(Duration.ofMinutes(3), Duration.ofSeconds(1), Duration.ofMillis(20));
                patience.eventually(() -> ended.get() >= tasks, () -> ended + " of " + tasks + " tasks have run");
            });
            System.out.printf(
                    "%s: %d tasks through %d workers with %d threads each: %.0f a second%n",
                    database, tasks, WORKERS, THREADS, tasks / seconds);
            Lab.until(() -> lab.number("SELECT count(*) FROM bq_task") == 0, "all tasks should be settled");
        }
        assertThat(IntStream.range(0, tasks).filter(task -> runs.get(task) != 1))
                .isEmpty();
    }

    private static void enqueue(BackgroundQueue producer, String topic, int from) {
        List<EnqueueRequest<Integer>> batch = IntStream.range(from, from + 1_000)
                .mapToObj(n -> new EnqueueRequest<>(topic, n, EnqueueOptions.DEFAULT))
                .toList();
        assertThat(producer.enqueueAll(batch).stream()
                        .filter(EnqueueResult.Failed.class::isInstance)
                        .limit(3))
                .isEmpty();
    }
}
