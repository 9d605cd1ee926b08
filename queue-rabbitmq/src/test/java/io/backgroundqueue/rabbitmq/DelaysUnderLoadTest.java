package io.backgroundqueue.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueRequest;
import io.backgroundqueue.EnqueueResult;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.testkit.Brokers;
import io.backgroundqueue.testkit.Patience;
import java.lang.management.ManagementFactory;
import java.lang.management.OperatingSystemMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Trap Q6: many tasks with mixed delays share few queues, whose messages go on one by one. */
class DelaysUnderLoadTest {
    private static final int TASKS = 5_000;
    private static final int BATCH = 250;
    private static final Duration SHORTEST = Duration.ofMillis(100);
    private static final Duration LONGEST = Duration.ofSeconds(9);

    /** What is promised, for a machine that has nothing else to do. */
    private static final Duration LATE = Duration.ofSeconds(1);

    /** Where others are at work. */
    private static final Duration LATE_AMONG_OTHERS = Duration.ofSeconds(5);

    private static final Patience PATIENCE =
            new Patience(LONGEST.plusMinutes(1), Duration.ofSeconds(1), Duration.ofMillis(20));

    private final AtomicLongArray earliestNanos = new AtomicLongArray(TASKS);
    private final AtomicLongArray latestNanos = new AtomicLongArray(TASKS);
    private final AtomicLongArray startedNanos = new AtomicLongArray(TASKS);
    private final AtomicInteger runs = new AtomicInteger();

    @Test
    void ofFiveThousandTasksWithMixedDelaysNoneIsEarlyAndFewAreLate() throws Exception {
        String url = Brokers.shared("rabbitmq").url();
        OperatingSystemMXBean machine = ManagementFactory.getOperatingSystemMXBean();
        double load = machine.getSystemLoadAverage() / machine.getAvailableProcessors();
        String topic = "delays-" + UUID.randomUUID().toString().substring(0, 8);
        try (BackgroundQueue queue = BackgroundQueues.open(url)) {
            queue.consume(
                    topic,
                    Integer.class,
                    task -> {
                        startedNanos.compareAndSet(task.payload(), 0, System.nanoTime());
                        runs.incrementAndGet();
                    },
                    WorkerOptions.DEFAULT.concurrency(20));
            Random random = new Random();
            for (int from = 0; from < TASKS; from += BATCH) {
                enqueue(queue, topic, from, random);
            }

            PATIENCE.eventually(() -> runs.get() >= TASKS, () -> runs + " of " + TASKS + " tasks have run");
            PATIENCE.never(() -> runs.get() > TASKS, () -> "tasks run twice");
        } finally {
            RawRabbitMQ.delete(url, List.of(topic));
        }

        long[] lateMillis = millisAfter(latestNanos);
        System.out.printf(
                "RabbitMQ, %d mixed delays of %s to %s: late by %d ms (p50), %d ms (p99), %d ms (most); load per core before:"
                        + " %.1f%n",
                TASKS,
                SHORTEST,
                LONGEST,
                lateMillis[TASKS / 2],
                lateMillis[TASKS * 99 / 100],
                lateMillis[TASKS - 1],
                load);
        assertThat(Arrays.stream(millisAfter(earliestNanos)).filter(millis -> millis < 0))
                .as("tasks that came early")
                .isEmpty();
        assertThat(Duration.ofMillis(lateMillis[TASKS * 99 / 100])).isLessThan(load < 1 ? LATE : LATE_AMONG_OTHERS);
    }

    /** How much later than this each task came, sorted. */
    private long[] millisAfter(AtomicLongArray nanos) {
        return IntStream.range(0, TASKS)
                .mapToLong(i -> (startedNanos.get(i) - nanos.get(i)) / 1_000_000)
                .sorted()
                .toArray();
    }

    /** A delay begins between the call and the receipt. */
    private void enqueue(BackgroundQueue queue, String topic, int from, Random random) {
        List<EnqueueRequest<Integer>> batch = new ArrayList<>();
        long before = System.nanoTime();
        for (int i = from; i < from + BATCH; i++) {
            Duration delay = SHORTEST.plusMillis(
                    random.nextInt((int) LONGEST.minus(SHORTEST).toMillis() + 1));
            earliestNanos.set(i, before + delay.toNanos());
            latestNanos.set(i, delay.toNanos());
            batch.add(new EnqueueRequest<>(topic, i, EnqueueOptions.DEFAULT.delay(delay)));
        }
        queue.enqueueAll(batch).forEach(EnqueueResult::orThrow);
        long after = System.nanoTime();
        IntStream.range(from, from + BATCH).forEach(i -> latestNanos.addAndGet(i, after));
    }
}
