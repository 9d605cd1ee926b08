package io.backgroundqueue.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Whoever pauses a worker gets an answer, whatever others ask of it meanwhile. */
class PauseRaceTest {
    private final WorkerBench worker = new WorkerBench(new Bench());

    @Test
    void twoWhoPauseAtTheSameTimeAreBothAnswered() {
        CompletableFuture<Void> first = worker.loop.pause();
        CompletableFuture<Void> second = worker.loop.pause();
        worker.receive();

        assertThat(second).isDone();
        assertThat(first).isDone();
    }

    @Test
    void whoPausesAWorkerThatIsShutDownAtTheSameTimeIsAnswered() {
        CompletableFuture<Void> paused = worker.loop.pause();
        CompletableFuture<Void> drained = worker.loop.drain();
        worker.receive();

        assertThat(paused).isDone();
        assertThat(drained).isDone();
    }

    @Test
    void whoPausesAWorkerThatSomebodyElseResumesIsAnswered() {
        CompletableFuture<Void> paused = worker.loop.pause();
        worker.loop.resume();

        assertThat(paused).isDone();
    }
}
