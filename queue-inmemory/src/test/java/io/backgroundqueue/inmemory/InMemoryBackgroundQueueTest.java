package io.backgroundqueue.inmemory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.NonRetryableException;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.testkit.Patience;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class InMemoryBackgroundQueueTest {
    @Test
    void aTaskTravelsFromEnqueueToItsHandler() throws Exception {
        CompletableFuture<String> handled = new CompletableFuture<>();
        try (BackgroundQueue queue =
                InMemoryBackgroundQueue.builder().concurrency(2).build()) {
            queue.consume("mails", String.class, task -> handled.complete(task.payload()));
            queue.enqueue("mails", "hello", EnqueueOptions.DEFAULT);

            assertThat(handled.get(30, TimeUnit.SECONDS)).isEqualTo("hello");
        }
    }

    @Test
    void whatIsStillStoredAtTheEndIsReportedAsDiscarded() {
        BackgroundQueue queue = InMemoryBackgroundQueue.builder().build();
        queue.enqueue("mails", "one", EnqueueOptions.DEFAULT);
        queue.enqueue("mails", "two", EnqueueOptions.DEFAULT.delay(Duration.ofHours(1)));

        assertThat(queue.shutdown(Duration.ofSeconds(5)).discarded()).isEqualTo(2);
    }

    @Test
    void aFullQueueSaysSoAndHowToGoOn() {
        try (BackgroundQueue queue = InMemoryBackgroundQueue.builder()
                .capacity(1)
                .options(QueueOptions.builder()
                        .enqueueTimeout(Duration.ofMillis(200))
                        .build())
                .build()) {
            queue.enqueue("mails", "one", EnqueueOptions.DEFAULT);

            assertThatThrownBy(() -> queue.enqueue("mails", "two", EnqueueOptions.DEFAULT))
                    .isInstanceOfSatisfying(
                            QueueException.class,
                            full -> assertThat(full.kind()).isEqualTo(QueueException.Kind.OVERLOADED))
                    .hasMessageContaining("raise capacity");
        }
    }

    @Test
    void queuesOfOneNameShareTheirTasks() throws Exception {
        CompletableFuture<String> handled = new CompletableFuture<>();
        try (BackgroundQueue producer = BackgroundQueues.open("memory:together");
                BackgroundQueue consumer = BackgroundQueues.open("memory:together")) {
            consumer.consume("mails", String.class, task -> handled.complete(task.payload()));
            producer.enqueue("mails", "hello", EnqueueOptions.DEFAULT);

            assertThat(handled.get(30, TimeUnit.SECONDS)).isEqualTo("hello");
        }
    }

    @Test
    void valuesOutOfRangeAreRefusedWhereTheyAreSet() {
        assertThatThrownBy(() -> InMemoryBackgroundQueue.builder().capacity(0)).hasMessageContaining("capacity is 0");
        assertThatThrownBy(() -> InMemoryBackgroundQueue.builder().capacityBytes(-1))
                .hasMessageContaining("capacityBytes is -1");
        assertThatThrownBy(() -> InMemoryBackgroundQueue.builder().concurrency(0))
                .hasMessageContaining("concurrency is 0");
    }

    @Test
    void deadLettersGoWhenTheirRetentionIsOver() throws Exception {
        ManualTime time = new ManualTime(Instant.parse("2030-01-01T00:00:00Z"));
        QueueOptions options = QueueOptions.builder().time(time).build();
        try (BackgroundQueue queue = InMemoryBackgroundQueue.builder()
                .deadLetterRetention(Duration.ofDays(7))
                .options(options)
                .build()) {
            queue.consume("mail", String.class, task -> {
                throw new NonRetryableException("no such mailbox");
            });
            queue.enqueue("mail", "hello");
            Patience.standard()
                    .eventually(() -> queue.admin().listDeadLetters("mail", 9).size() == 1, () -> "no dead letter");

            time.advance(Duration.ofDays(7).minusNanos(1));
            assertThat(queue.admin().listDeadLetters("mail", 9)).hasSize(1);
            time.advance(Duration.ofNanos(1));
            assertThat(queue.admin().listDeadLetters("mail", 9)).isEmpty();
            assertThat(queue.admin().stats("mail").dead()).hasValue(0);
        }
    }
}
