package io.backgroundqueue.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.BackgroundTask;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RecordingHandlerTest {
    private static final Patience SHORT =
            new Patience(Duration.ofMillis(200), Duration.ofMillis(50), Duration.ofMillis(1));

    @Test
    void recordsEveryRunDuplicatesIncluded() throws Exception {
        RecordingHandler<String> handler = new RecordingHandler<>();

        handler.handle(new Task("a", 1));
        handler.handle(new Task("a", 1));
        handler.handle(new Task("b", 2));

        assertThat(handler.runs()).extracting(RecordingHandler.Run::id).containsExactly("a", "a", "b");
        assertThat(handler.runs()).extracting(RecordingHandler.Run::attempt).containsExactly(1, 1, 2);
        assertThat(handler.completed()).containsExactly("a", "a", "b");
        assertThat(handler.payloads()).containsExactly("payload of a", "payload of a", "payload of b");
    }

    @Test
    void failsAsOftenAsItsScriptSays() throws Exception {
        RecordingHandler<String> handler = new RecordingHandler<>(RecordingHandler.failing(2));

        assertThatThrownBy(() -> handler.handle(new Task("a", 1))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> handler.handle(new Task("a", 2))).isInstanceOf(IllegalStateException.class);
        handler.handle(new Task("a", 3));

        assertThat(handler.ended()).isEqualTo(3);
        assertThat(handler.completed()).containsExactly("a");
    }

    @Test
    void heldRunsWaitUntilTheyAreLetGoOneByOneOrAllTogether() throws Exception {
        RecordingHandler<String> handler = new RecordingHandler<>();
        handler.hold();
        List<CompletableFuture<Void>> runs = List.of(async(handler, "a"), async(handler, "b"), async(handler, "c"));
        handler.awaitStarted(3);
        assertThat(handler.running()).isEqualTo(3);

        handler.letGo(1);
        handler.await(1);
        assertThat(handler.running()).isEqualTo(2);
        handler.letGo();

        for (CompletableFuture<Void> run : runs) {
            run.get(10, TimeUnit.SECONDS);
        }
        assertThat(handler.mostRunning()).isEqualTo(3);
    }

    @Test
    void closingLetsEverythingGoForEver() throws Exception {
        RecordingHandler<String> handler = new RecordingHandler<>();
        handler.hold();
        CompletableFuture<Void> held = async(handler, "a");
        handler.awaitStarted(1);

        handler.close();
        handler.hold();
        handler.handle(new Task("b", 1));

        held.get(10, TimeUnit.SECONDS);
        assertThat(handler.completed()).hasSize(2);
    }

    @Test
    void aHeldRunAnswersItsInterrupt() throws Exception {
        RecordingHandler<String> handler = new RecordingHandler<>();
        handler.hold();
        CompletableFuture<Void> held = async(handler, "a");
        handler.awaitStarted(1);

        handler.runs().get(0).thread().interrupt();

        assertThatThrownBy(() -> held.get(10, TimeUnit.SECONDS)).hasRootCauseInstanceOf(InterruptedException.class);
        assertThat(handler.completed()).isEmpty();
        assertThat(handler.ended()).isEqualTo(1);
    }

    @Test
    void waitingInVainNamesWhatIsMissing() throws Exception {
        RecordingHandler<String> handler = new RecordingHandler<>(task -> {}, SHORT, System::nanoTime);
        handler.handle(new Task("a", 1));

        assertThatThrownBy(() -> handler.awaitIds(List.of("a", "b")))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("1 of 2 tasks did not complete, such as [b]");
        assertThatThrownBy(() -> handler.await(2))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("1 runs began, 1 ended; the last were [a#1]");
    }

    private static CompletableFuture<Void> async(RecordingHandler<String> handler, String id) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        FaultProxy.daemon("run-" + id, () -> {
            try {
                handler.handle(new Task(id, 1));
                done.complete(null);
            } catch (Exception failure) {
                done.completeExceptionally(failure);
            }
        });
        return done;
    }

    private record Task(String id, int attempt) implements BackgroundTask<String> {
        @Override
        public String topic() {
            return "topic";
        }

        @Override
        public String payload() {
            return "payload of " + id;
        }

        @Override
        public Map<String, String> headers() {
            return Map.of();
        }

        @Override
        public Instant enqueuedAt() {
            return Instant.EPOCH;
        }
    }
}
