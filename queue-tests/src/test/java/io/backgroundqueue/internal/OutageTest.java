package io.backgroundqueue.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.TaskEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutageTest {
    private final Bench bench = new Bench();
    private final Outage outage = new Outage("orders", "receive", bench.time, new Events(bench.options.listeners()));

    @Test
    void pausesGrowToTwoSecondsAndStayThere() {
        List<Long> pauses = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            pauses.add(outage.failed(new IOException("away")).toMillis());
        }

        assertThat(pauses.subList(0, 8)).containsExactly(50L, 100L, 200L, 400L, 800L, 1_600L, 2_000L, 2_000L);
        assertThat(pauses.subList(8, 100)).containsOnly(2_000L);
    }

    @Test
    void anOutageIsToldOnceAtItsBeginningAndOnceAtItsEnd() {
        IOException first = new IOException("away");
        outage.failed(first);
        bench.time.advance(Duration.ofSeconds(30));
        outage.failed(new IOException("still away"));
        outage.over();
        outage.over();

        assertThat(bench.events.all())
                .containsExactly(
                        new TaskEvent.BackendLost("orders", "receive", first),
                        new TaskEvent.BackendBack("orders", "receive", Duration.ofSeconds(30)));
    }

    @Test
    void theNextOutageBeginsAnew() {
        outage.failed(new IOException("away"));
        outage.failed(new IOException("away"));
        outage.over();

        assertThat(outage.failed(new IOException("away again"))).isEqualTo(Duration.ofMillis(50));
        assertThat(bench.told(TaskEvent.BackendLost.class)).hasSize(2);
    }

    @Test
    void aTurnThatNeverFailedTellsNothing() {
        outage.over();

        assertThat(bench.events.all()).isEmpty();
    }

    @Test
    void theEventHoldsNoSecret() {
        outage.failed(new IOException("cannot reach redis://:hunter2@host"));

        assertThat(bench.told(TaskEvent.BackendLost.class).get(0).toString()).doesNotContain("hunter2");
    }
}
