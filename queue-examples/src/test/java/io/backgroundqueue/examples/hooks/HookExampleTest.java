package io.backgroundqueue.examples.hooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.QueueHooks;
import io.backgroundqueue.examples.hooks.Summarizer.RunResult;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class HookExampleTest {
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);

    @Test
    void bothHooksReachTheirWorkers() throws Exception {
        try (BackgroundQueue queue = BackgroundQueues.open("memory:")) {
            HookExample.run(queue, out);
        }

        assertThat(output())
                .contains("user: Queues decouple.", "user: Hooks run late.", "user: there is nothing to condense")
                .contains("worker: stored Statistics[sentences=3, characters=50]")
                .contains("worker: stored Statistics[sentences=2, characters=34]")
                .contains(
                        "worker: rang for Alarm[kind=IllegalArgumentException, message=there is nothing to condense]");
    }

    @Test
    void aHookThatCannotEnqueueTellsItsCallbackAndNotItsHost() {
        BackgroundQueue queue = BackgroundQueues.open("memory:");
        Summarizer summarizer = HookExample.summarizer(queue, out);
        queue.close();

        assertThat(summarizer.run("Still works. Really.")).isEqualTo("Still works.");
        assertThatThrownBy(() -> summarizer.run(" ")).hasMessage("there is nothing to condense");
        assertThat(output())
                .contains("no statistics of RunResult[summary=Still works.")
                .contains("no alarm for");
    }

    @Test
    void aPayloadFunctionThatFailsTellsTheCallbackToo() {
        List<String> failures = new ArrayList<>();
        try (BackgroundQueue queue = BackgroundQueues.open("memory:")) {
            Consumer<RunResult> hook = QueueHooks.queueHook(queue, "analytics", (RunResult result) -> {
                        throw new IllegalStateException("no payload for " + result.summary());
                    })
                    .onFailure((result, error) -> failures.add(error.getMessage()));
            new Summarizer(hook, error -> {}).run("One. Two.");
        }

        assertThat(failures).containsExactly("no payload for One.");
    }

    private String output() {
        return printed.toString(StandardCharsets.UTF_8);
    }
}
