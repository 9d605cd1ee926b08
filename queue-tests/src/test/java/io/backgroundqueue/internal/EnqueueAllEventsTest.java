package io.backgroundqueue.internal;

import static io.backgroundqueue.Refused.invalid;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.EnqueueRequest;
import io.backgroundqueue.TaskEvent;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whichever way a task is enqueued, a listener hears of its failure. */
class EnqueueAllEventsTest {
    private final Bench bench = new Bench();

    @Test
    void aRefusedItemOfManyIsToldToTheListenerAsOneAloneIs() {
        EngineQueue queue = bench.queue();
        invalid(() -> queue.enqueue("a topic", "a"), "'a topic'");
        invalid(() -> queue.enqueueAll(List.of(new EnqueueRequest<>("a topic", "a"))), "'a topic'");
        queue.close();

        assertThat(bench.told(TaskEvent.EnqueueFailed.class)).hasSize(2);
    }
}
