package io.backgroundqueue;

import static io.backgroundqueue.Refused.invalid;
import static io.backgroundqueue.Refused.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.QueueException.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BackgroundQueueDefaultsTest {
    private final DirectQueue queue = new DirectQueue();

    @Test
    void anEnqueueWithoutOptionsHasTheDefaultOnes() {
        assertThat(queue.enqueue("t", "a").taskId()).isEqualTo("id-1");
        assertThat(queue.enqueued.all()).containsExactly(new EnqueueRequest<>("t", "a", EnqueueOptions.DEFAULT));
    }

    @Test
    void everyShortFormOfConsumeEndsInTheLongOne() {
        PayloadType<List<String>> list = new PayloadType<>() {};

        assertThat(queue.consume("t", String.class, task -> {}).topic()).isEqualTo("t as java.lang.String with 0");
        assertThat(queue.consume("t", list, task -> {}).topic())
                .isEqualTo("t as java.util.List<java.lang.String> with 0");
        assertThat(queue.consume("t", String.class, task -> {}, WorkerOptions.DEFAULT.concurrency(3))
                        .topic())
                .isEqualTo("t as java.lang.String with 3");
    }

    @Test
    void enqueueingAsynchronouslyEndsInTheSameCall() throws Exception {
        assertThat(queue.enqueueAsync("t", "a").get(10, TimeUnit.SECONDS).taskId())
                .isEqualTo("id-1");
        assertThatThrownBy(() -> queue.enqueueAsync("t", "bad").join())
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(QueueException.class);
    }

    @Test
    void enqueueingManyAnswersOneResultPerItemInOrder() {
        List<EnqueueResult> results = queue.enqueueAll(List.of(
                new EnqueueRequest<>("t", "a"), new EnqueueRequest<>("t", "bad"), new EnqueueRequest<>("u", "c")));

        assertThat(results.get(0).orThrow().taskId()).isEqualTo("id-1");
        invalid(() -> results.get(1).orThrow(), "bad payload");
        assertThat(results.get(2).orThrow().topic()).isEqualTo("u");
        assertThat(queue.enqueueAll(List.of())).isEmpty();
    }

    @Test
    void itDeclaresNothingAndReportsNothing() {
        assertThat(queue.capabilities()).isSameAs(Capabilities.NONE);
        assertThat(queue.shutdown(Duration.ofSeconds(1))).isEqualTo(ShutdownReport.EMPTY);
        assertThat(queue.closed).isEqualTo(1);
    }

    @Test
    void itsAdminRefusesEverythingAndSaysWhatToDo() {
        QueueAdmin admin = queue.admin();

        refused(Kind.UNSUPPORTED, () -> admin.stats("t"), "no stats", "does not declare it");
        refused(Kind.UNSUPPORTED, () -> admin.deadLetters("t"), "no dead letters");
        refused(Kind.UNSUPPORTED, () -> admin.listDeadLetters("t", 5), "no dead letters");
        refused(Kind.UNSUPPORTED, () -> admin.findDeadLetter("t", "id"), "no dead letters");
        refused(Kind.UNSUPPORTED, () -> admin.replayDeadLetters("t", letter -> true), "no dead letters");
        refused(Kind.UNSUPPORTED, () -> admin.cancel("t", "id"), "no cancelling");
        refused(Kind.UNSUPPORTED, () -> admin.purge("t", Scope.READY), "no purging");
        refused(Kind.UNSUPPORTED, admin::check, "no readiness check", "override admin()");
    }

    @Test
    void aWorkerClosesWithTheDefaultGrace() {
        Worker worker = queue.consume("t", String.class, task -> {});
        worker.close();

        assertThat(worker.shutdown(BackgroundQueue.DEFAULT_GRACE).finished()).isEqualTo(30);
    }

    @Test
    void aTaskOfAnotherQueueHasDefaultsToo() {
        BackgroundTask<String> task = new BackgroundTask<>() {
            @Override
            public String id() {
                return "id";
            }

            @Override
            public String topic() {
                return "t";
            }

            @Override
            public String payload() {
                return "p";
            }

            @Override
            public Map<String, String> headers() {
                return Map.of();
            }

            @Override
            public Instant enqueuedAt() {
                return Instant.EPOCH;
            }

            @Override
            public int attempt() {
                return 2;
            }
        };

        assertThat(task.maxAttempts()).isEqualTo(2);
        assertThat(task.interruptions()).isZero();
        assertThat(task.replayed()).isFalse();
        assertThat(task.leaseLost()).isFalse();
    }
}
