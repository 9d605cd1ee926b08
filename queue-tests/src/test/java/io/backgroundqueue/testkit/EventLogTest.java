package io.backgroundqueue.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.TaskEvent;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class EventLogTest {
    private static final Patience SHORT =
            new Patience(Duration.ofMillis(200), Duration.ofMillis(50), Duration.ofMillis(1));

    private final EventLog log = new EventLog(SHORT);

    @Test
    void keepsEventsInOrderAndFindsThemByType() throws Exception {
        TaskEvent lost = new TaskEvent.LeaseLost("topic", "a");
        TaskEvent released = new TaskEvent.Released("topic", "b");
        log.on(lost);
        log.on(released);

        assertThat(log.events()).containsExactly(lost, released);
        assertThat(log.of(TaskEvent.Released.class)).hasSize(1);
        assertThat(log.await(TaskEvent.LeaseLost.class)).isEqualTo(lost);
        assertThat(log.await(TaskEvent.Released.class, 1)).hasSize(1);
    }

    @Test
    void waitsForAnEventThatComesLater() throws Exception {
        FaultProxy.daemon("teller", () -> log.on(new TaskEvent.LeaseLost("topic", "a")));

        assertThat(log.await(TaskEvent.LeaseLost.class, lost -> lost.taskId().equals("a")))
                .isNotNull();
    }

    @Test
    void waitingInVainShowsWhatCameInstead() {
        log.on(new TaskEvent.Released("topic", "b"));

        assertThatThrownBy(() -> log.await(TaskEvent.LeaseLost.class))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("no such LeaseLost among [Released[topic=topic, taskId=b]]");
    }
}
