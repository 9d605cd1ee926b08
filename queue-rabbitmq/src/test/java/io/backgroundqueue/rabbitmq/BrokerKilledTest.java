package io.backgroundqueue.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.BackgroundTask;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueRequest;
import io.backgroundqueue.EnqueueResult;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.RetryPolicy;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.testkit.BrokerProcess;
import io.backgroundqueue.testkit.Brokers;
import io.backgroundqueue.testkit.Ledger;
import io.backgroundqueue.testkit.Patience;
import io.backgroundqueue.testkit.RunningBroker;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * The broker is killed with -9 in the middle of many tasks, producers and workers running, and comes back with its data.
 * {@code -Dbq.rounds} repeats it.
 */
@Tag("fault")
@Isolated("it kills the broker")
class BrokerKilledTest {
    private static final int ROUNDS = Integer.getInteger("bq.rounds", 1);
    private static final int TASKS = 50_000;
    private static final int PRODUCERS = 2;
    private static final int WORKERS = 2;
    private static final int BATCH = 50;
    private static final WorkerOptions OPTIONS =
            WorkerOptions.DEFAULT.retryPolicy(RetryPolicy.fixed(Duration.ofMillis(200)));
    private static final Patience PATIENCE =
            new Patience(Duration.ofMinutes(3), Duration.ofSeconds(2), Duration.ofMillis(100));

    private final Random random = new Random();

    @Test
    void nothingIsLostWhenTheBrokerIsKilledAmongFiftyThousandTasks() throws Exception {
        RunningBroker broker = Brokers.shared("rabbitmq");
        assumeTrue(broker.process().isPresent(), "the broker is not ours to kill");
        for (int round = 1; round <= ROUNDS; round++) {
            String topic = "killed-" + UUID.randomUUID().toString().substring(0, 8);
            Books books = new Books();
            try (Workers workers = new Workers(broker.url(), topic, books)) {
                workers.run(broker.process().orElseThrow(), TASKS / 5 + random.nextInt(TASKS / 2));
            } finally {
                RawRabbitMQ.delete(broker.url(), List.of(topic));
            }
            System.out.println("RabbitMQ killed, round " + round + ": " + books.ledger.assertBalanced());
        }
    }

    /** What was handed in, and what came out. */
    private static final class Books {
        final Ledger ledger = new Ledger();
        final AtomicInteger made = new AtomicInteger();
        final AtomicInteger accepted = new AtomicInteger();
        final AtomicInteger completed = new AtomicInteger();

        void accepted(String payload) {
            ledger.accepted(payload);
            accepted.incrementAndGet();
        }

        void handle(BackgroundTask<String> task) {
            if (task.attempt() == 1 && task.payload().endsWith("7")) {
                throw new IllegalStateException("as told");
            }
            ledger.ended(Ledger.End.COMPLETED, task.payload());
            completed.incrementAndGet();
        }
    }

    /** Producers and workers, each on connections of its own. */
    private record Workers(List<BackgroundQueue> queues, String topic, Books books) implements AutoCloseable {
        Workers(String url, String topic, Books books) {
            this(
                    IntStream.range(0, Math.max(PRODUCERS, WORKERS))
                            .mapToObj(any -> BackgroundQueues.open(url))
                            .toList(),
                    topic,
                    books);
        }

        void run(BrokerProcess broker, int killedAfter) throws Exception {
            queues.subList(0, WORKERS).forEach(queue -> queue.consume(topic, String.class, books::handle, OPTIONS));
            List<CompletableFuture<Void>> producers = queues.subList(0, PRODUCERS).stream()
                    .map(queue -> CompletableFuture.runAsync(() -> produce(queue)))
                    .toList();
            PATIENCE.eventually(
                    () -> books.accepted.get() >= killedAfter,
                    () -> "producers do not get on: " + books.ledger.balance());
            int completed = books.completed.get();

            broker.kill();
            broker.start();

            for (CompletableFuture<Void> producer : producers) {
                producer.get(PATIENCE.eventually().toSeconds(), TimeUnit.SECONDS);
            }
            assertThat(completed).as("tasks completed before the kill").isBetween(1, TASKS - 1);
            PATIENCE.eventually(
                    () -> books.completed.get() >= books.accepted.get()
                            && books.ledger.balance().lost().isEmpty(),
                    () -> "not all that was accepted has run: " + books.ledger.balance());
            int after = books.completed.get();
            PATIENCE.never(() -> books.completed.get() > after + TASKS / 10, () -> "tasks run again and again");
        }

        private void produce(BackgroundQueue queue) {
            while (books.accepted.get() < TASKS) {
                List<String> payloads = IntStream.range(0, BATCH)
                        .mapToObj(any -> "task-" + books.made.getAndIncrement())
                        .toList();
                produce(queue, payloads);
            }
        }

        private void produce(BackgroundQueue queue, List<String> payloads) {
            try {
                List<EnqueueResult> results = queue.enqueueAll(payloads.stream()
                        .map(payload -> new EnqueueRequest<>(topic, payload, EnqueueOptions.DEFAULT))
                        .toList());
                for (int i = 0; i < payloads.size(); i++) {
                    note(payloads.get(i), results.get(i));
                }
            } catch (QueueException nothingSent) {
                assertThat(nothingSent.kind()).isEqualTo(QueueException.Kind.UNAVAILABLE);
            }
        }

        private void note(String payload, EnqueueResult result) {
            if (result instanceof EnqueueResult.Failed failed) {
                assertThat(failed.error().kind())
                        .isIn(QueueException.Kind.UNAVAILABLE, QueueException.Kind.OUTCOME_UNKNOWN);
                if (failed.error().kind() == QueueException.Kind.OUTCOME_UNKNOWN) {
                    books.ledger.unknown(payload);
                }
            } else {
                books.accepted(payload);
            }
        }

        @Override
        public void close() {
            queues.forEach(BackgroundQueue::close);
        }
    }
}
