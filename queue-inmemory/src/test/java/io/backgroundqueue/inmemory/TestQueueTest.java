package io.backgroundqueue.inmemory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.DeadReason;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.QueueHooks;
import io.backgroundqueue.RetryLaterException;
import io.backgroundqueue.RetryPolicy;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.WorkerOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TestQueueTest {
    private final TestQueue queue = TestQueue.create();
    private final List<String> seen = new ArrayList<>();

    @AfterEach
    void close() {
        queue.close();
    }

    @Test
    void enqueuedTasksAreSeenAndDoNotRunByThemselves() {
        queue.consume("mail", String.class, task -> seen.add(task.payload()));
        queue.enqueue("mail", "hello", EnqueueOptions.DEFAULT.priority(7).header("tenant", "a"));

        assertThat(seen).isEmpty();
        TestQueue.Enqueued task = queue.enqueued("mail").get(0);
        assertThat(task.payload(String.class)).isEqualTo("hello");
        assertThat(task.priority()).isEqualTo(7);
        assertThat(task.headers()).containsEntry("tenant", "a");
    }

    @Test
    void drainRunsEverythingInTheOrderOfPriorities() {
        queue.enqueue("mail", "low");
        queue.enqueue("mail", "high", EnqueueOptions.DEFAULT.priority(9));
        queue.consume("mail", String.class, task -> seen.add(task.payload()), WorkerOptions.DEFAULT.concurrency(1));

        assertThat(queue.drain()).isEqualTo(2);
        assertThat(seen).containsExactly("high", "low");
        assertThat(queue.enqueued("mail")).isEmpty();
    }

    @Test
    void hoursOfBackoffPassInADrainAndEndInTheDeadLetters() {
        Instant begun = queue.time().now();
        WorkerOptions options = WorkerOptions.DEFAULT.retryPolicy(RetryPolicy.fixed(Duration.ofHours(6)));
        queue.consume(
                "mail",
                String.class,
                task -> {
                    seen.add(task.payload() + task.attempt());
                    throw new IllegalStateException("no such mailbox");
                },
                options);
        queue.enqueue("mail", "hello", EnqueueOptions.DEFAULT.attempts(4));

        assertThat(queue.drain()).isEqualTo(4);
        assertThat(seen).containsExactly("hello1", "hello2", "hello3", "hello4");
        assertThat(queue.time().now()).isEqualTo(begun.plus(Duration.ofHours(18)));
        assertThat(queue.admin().listDeadLetters("mail", 10)).singleElement().satisfies(letter -> {
            assertThat(letter.reason()).isEqualTo(DeadReason.ATTEMPTS_EXHAUSTED);
            assertThat(letter.error())
                    .hasValueSatisfying(error -> assertThat(error).contains("no such mailbox"));
            assertThat(letter.failures()).isEqualTo(4);
        });
    }

    @Test
    void shortDelaysPassToo() {
        queue.consume("mail", String.class, task -> seen.add(task.payload()));
        queue.enqueue("mail", "soon", EnqueueOptions.DEFAULT.delay(Duration.ofMillis(1)));

        assertThat(queue.runDue()).isZero();
        assertThat(queue.drain()).isEqualTo(1);
    }

    @Test
    void handlersMayEnqueueWhileTheQueueDrains() {
        queue.consume("orders", String.class, task -> queue.enqueue("mail", task.payload() + "!"));
        queue.consume("mail", String.class, task -> seen.add(task.payload()));
        queue.enqueue("orders", "one");

        assertThat(queue.drain()).isEqualTo(2);
        assertThat(seen).containsExactly("one!");
    }

    @Test
    void hooksAreVisibleAtOnce() {
        QueueHooks.<String>queueHook(queue, "analytics", run -> run + " done").accept("run 1");

        assertThat(queue.enqueued("analytics"))
                .singleElement()
                .satisfies(task -> assertThat(task.payload(String.class)).isEqualTo("run 1 done"));
        assertThat(queue.events()).hasAtLeastOneElementOfType(TaskEvent.Enqueued.class);
    }

    @Test
    void topicsThatNobodyConsumesAreLeftAlone() {
        queue.enqueue("later", "x", EnqueueOptions.DEFAULT.delay(Duration.ofDays(400)));

        assertThat(queue.drain()).isZero();
        assertThat(queue.enqueued("later")).hasSize(1);
    }

    @Test
    void aDrainThatNeverEndsSaysWhy() {
        queue.consume("loop", String.class, task -> {
            throw new RetryLaterException(Duration.ofSeconds(1));
        });
        queue.enqueue("loop", "x");

        assertThatThrownBy(queue::drain)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("comes back again");
    }
}
