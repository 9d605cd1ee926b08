package io.backgroundqueue.internal;

import static io.backgroundqueue.internal.SendBench.error;
import static io.backgroundqueue.spi.SampleTask.task;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Feature;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.Support;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A deduplication store that takes longer than the caller waits. */
class SlowStoreTest {
    private final Bench bench = new Bench();
    private final ScriptedStore store = new ScriptedStore(bench);

    @Test
    void aTaskThatWasOnlyClaimedAtItsDeadlineIsWithdrawnAndNotSentAfterwards() {
        bench.driver.capabilities = Capable.ofAll().with(Feature.DEDUPLICATION, Support.withStore());
        bench.options(builder -> builder.store(store));
        SendBench send = new SendBench(bench);
        store.fault = (operation, key) -> {
            bench.time.advance(SendBench.TIMEOUT);
            send.deadlines();
        };
        PendingSend pending = send.add(task("a").dedup("click", Duration.ofMinutes(5)), false);
        send.turn();

        assertThat(error(pending).kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(bench.driver.sent())
                .as("what was sent after the caller had gone")
                .isEmpty();
    }
}
