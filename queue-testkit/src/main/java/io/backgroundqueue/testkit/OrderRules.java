package io.backgroundqueue.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueRequest;
import io.backgroundqueue.Feature;
import io.backgroundqueue.NonRetryableException;
import io.backgroundqueue.Worker;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.spi.Lanes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Chapter 7 of the contract. Extend {@link BackgroundQueueContract}, which has all chapters. */
public abstract class OrderRules extends TimeRules {
    /** One pick in so many may go to a lower level. */
    private static final int STARVATION_SHARE = 16;

    OrderRules() {}

    @Test
    @Rule("7.1")
    @Requires(Feature.PRIORITY)
    public final void waitingTasksRunInOrderOfTheirPriority() throws Exception {
        List<Integer> priorities = new ArrayList<>();
        for (int priority = 0; priority <= 9; priority++) {
            priorities.addAll(Collections.nCopies(3, priority));
        }
        Collections.shuffle(priorities, new Random(7));
        for (int priority : priorities) {
            queue().enqueue(topic(), priority, PLAIN.priority(priority));
        }

        RecordingHandler<Integer> handler = handler();
        queue().consume(topic(), Integer.class, handler, ONE.prefetch(0));

        handler.await(30);
        inOrderOfLevels(handler.payloads());
    }

    @Test
    @Rule("7.1")
    @Requires(Feature.PRIORITY)
    public final void aTaskWithoutAPriorityHasPriority0() throws Exception {
        queue().enqueue(topic(), 0);
        queue().enqueue(topic(), 9, PLAIN.priority(9));
        queue().enqueue(topic(), 0, PLAIN.priority(0));
        queue().enqueue(topic(), 9, PLAIN.priority(9));

        RecordingHandler<Integer> handler = handler();
        queue().consume(topic(), Integer.class, handler, ONE.prefetch(0));

        handler.await(4);
        inOrderOfLevels(handler.payloads());
    }

    @Test
    @Rule("7.2")
    @Requires(Feature.PRIORITY)
    public final void aLowTaskIsNotStarvedByHighOnes() throws Exception {
        List<EnqueueRequest<Integer>> requests = new ArrayList<>();
        requests.add(new EnqueueRequest<>(topic(), 0, PLAIN.priority(0)));
        requests.addAll(Collections.nCopies(100, new EnqueueRequest<>(topic(), 9, PLAIN.priority(9))));
        queue().enqueueAll(requests).forEach(result -> result.orThrow());

        RecordingHandler<Integer> handler = handler();
        queue().consume(topic(), Integer.class, handler, ONE.prefetch(0));

        handler.await(101);
        assertThat(handler.payloads().indexOf(0)).as("when the low task ran").isLessThan(2 * STARVATION_SHARE);
    }

    @Test
    @Rule("7.3")
    @Requires({Feature.PRIORITY, Feature.ATTEMPTS})
    public final void aRetryKeepsThePriority() throws Exception {
        CountDownLatch gate = obstinately();
        RecordingHandler<Integer> handler = handler(task -> {
            if (task.payload() == 9 && task.attempt() == 1) {
                throw new IllegalStateException("as told");
            }
            if (task.payload() == 1) {
                gate.await();
            }
        });
        queue().consume(topic(), Integer.class, handler, oneByOne());
        queue().enqueue(topic(), 9, PLAIN.priority(9));
        handler.await(1);
        queue().enqueue(topic(), 1, PLAIN.priority(9));
        patience()
                .eventually(
                        () -> handler.payloads().contains(1) || handler.started() == 2,
                        () -> "the gate was not reached: " + handler);
        for (int i = 0; i < 10; i++) {
            queue().enqueue(topic(), 0, PLAIN.priority(0));
        }
        passes(capabilities().limits().lateness().plusMillis(200));
        gate.countDown();

        handler.await(13);
        List<Integer> order = handler.payloads();
        int retry = order.lastIndexOf(9);
        long lowBefore = order.subList(0, retry).stream().filter(p -> p == 0).count();
        assertThat(lowBefore).as("low tasks before the retry in " + order).isLessThanOrEqualTo(1);
    }

    @Test
    @Rule("7.3")
    @Requires({Feature.PRIORITY, Feature.DEAD_LETTERS})
    public final void aReplayKeepsThePriority() throws Exception {
        RecordingHandler<Integer> killer = handler(task -> {
            throw new NonRetryableException("as told");
        });
        try (Worker worker = queue().consume(topic(), Integer.class, killer, ONE)) {
            String id = queue().enqueue(worker.topic(), 9, PLAIN.priority(9)).taskId();
            assertThat(deadLetter(topic(), id).priority()).isEqualTo(9);
        }
        for (int i = 0; i < 10; i++) {
            queue().enqueue(topic(), 0, PLAIN.priority(0));
        }
        queue().admin().replayDeadLetters(topic(), letter -> true);

        RecordingHandler<Integer> handler = handler();
        queue().consume(topic(), Integer.class, handler, ONE.prefetch(0));

        handler.await(11);
        inOrderOfLevels(handler.payloads());
    }

    @Test
    @Rule("7.4")
    @Requires(Feature.FIFO)
    public final void tasksOfOnePriorityRunInOrderOfAcceptance() throws Exception {
        List<String> ids = new ArrayList<>(enqueue(topic(), Collections.nCopies(30, "one by one"), PLAIN));
        List<EnqueueRequest<String>> batch = Collections.nCopies(200, new EnqueueRequest<>(topic(), "together"));
        queue().enqueueAll(batch).forEach(result -> ids.add(result.orThrow().taskId()));

        RecordingHandler<String> handler = handler();
        queue().consume(topic(), String.class, handler, ONE);

        handler.awaitIds(ids);
        assertThat(handler.runs()).extracting(RecordingHandler.Run::id).isEqualTo(ids);
    }

    @Test
    @Rule("7.5")
    @Requires({Feature.PRIORITY, Feature.DELAY})
    public final void aDelayedTaskTakesItsPlaceByPriorityWhenItIsDue() throws Exception {
        Duration delay = Duration.ofMillis(200);
        for (int i = 0; i < 5; i++) {
            queue().enqueue(topic(), 0, PLAIN.priority(0));
            queue().enqueue(topic(), 9, PLAIN.priority(9).delay(delay));
        }
        RecordingHandler<Integer> handler = handler();
        handler.hold();
        queue().consume(topic(), Integer.class, handler, ONE.prefetch(0));
        handler.awaitStarted(1);
        passes(delay.plus(capabilities().limits().lateness()).plusMillis(200));

        handler.letGo();

        handler.await(10);
        inOrderOfLevels(handler.payloads().subList(1, 10));
    }

    @Test
    @Rule("7.6")
    @Requires(Feature.ORDERING_KEY)
    public final void tasksOfOneKeyRunOneAtATimeAndInOrder() throws Exception {
        Map<String, Integer> running = new ConcurrentHashMap<>();
        List<String> overlaps = Collections.synchronizedList(new ArrayList<>());
        RecordingHandler<String> handler = handler(task -> {
            String key = task.payload().substring(0, 1);
            if (running.merge(key, 1, Integer::sum) > 1) {
                overlaps.add(task.payload());
            }
            running.merge(key, -1, Integer::sum);
        });
        List<String> wanted = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            for (String key : List.of("a", "b", "c")) {
                queue().enqueue(topic(), key + i, PLAIN.orderingKey(key));
                wanted.add(key + i);
            }
        }

        queue().consume(topic(), String.class, handler, WorkerOptions.DEFAULT.concurrency(8));

        handler.await(120);
        assertThat(overlaps).as("tasks that ran beside another of their key").isEmpty();
        for (String key : List.of("a", "b", "c")) {
            assertThat(ofKey(handler.payloads(), key)).isEqualTo(ofKey(wanted, key));
        }
    }

    @Test
    @Rule("7.6")
    @Requires({Feature.ORDERING_KEY, Feature.ATTEMPTS})
    public final void aRetryHoldsUpItsKeyAndNoOther() throws Exception {
        RecordingHandler<String> handler = handler(task -> {
            if (task.payload().equals("a0") && task.attempt() < 3) {
                throw new IllegalStateException("as told");
            }
        });
        for (int i = 0; i < 5; i++) {
            enqueue(topic(), List.of("a" + i), keyed("a"));
            enqueue(topic(), List.of("b" + i), keyed("b"));
        }

        queue().consume(topic(), String.class, handler, retrying(WorkerOptions.DEFAULT.concurrency(4)));

        handler.await(12);
        assertThat(ofKey(handler.payloads(), "a")).containsExactly("a0", "a0", "a0", "a1", "a2", "a3", "a4");
        assertThat(ofKey(handler.payloads(), "b")).containsExactly("b0", "b1", "b2", "b3", "b4");
    }

    @Test
    @Rule("7.6")
    @Requires({Feature.ORDERING_KEY, Feature.ATTEMPTS})
    public final void aKeyThatWaitsLongForItsRetryHoldsUpNobodyElse() throws Exception {
        RecordingHandler<String> handler = handler(task -> {
            if (task.payload().startsWith("a")) {
                throw new IllegalStateException("as told");
            }
        });
        WorkerOptions options =
                WorkerOptions.DEFAULT.retryPolicy(io.backgroundqueue.RetryPolicy.fixed(Duration.ofHours(1)));
        queue().consume(topic(), String.class, handler, options);
        enqueue(topic(), List.of("a0", "a1"), keyed("a"));
        handler.await(1);

        List<String> others =
                enqueue(topic(), IntStream.range(0, 20).mapToObj(i -> "b" + i).toList(), keyed("b"));

        handler.awaitIds(others);
        staysAt(21, handler);
    }

    /**
     * Fails unless each run was of the highest level that was left, but for the picks that lower levels are entitled to.
     */
    private void inOrderOfLevels(List<Integer> priorities) {
        int jumps = 0;
        for (int i = 0; i < priorities.size(); i++) {
            int level = level(priorities.get(i));
            boolean higherLeft =
                    priorities.subList(i, priorities.size()).stream().anyMatch(left -> level(left) > level);
            jumps += higherLeft ? 1 : 0;
        }
        int entitled = (priorities.size() + STARVATION_SHARE - 1) / STARVATION_SHARE;
        assertThat(jumps).as("runs out of order in " + priorities).isLessThanOrEqualTo(entitled);
    }

    private int level(int priority) {
        return capabilities().limits().priorityLevels() == 10 ? priority : Lanes.COUNT - Lanes.of(priority);
    }

    private static EnqueueOptions keyed(String key) {
        return PLAIN.orderingKey(key);
    }

    private static List<String> ofKey(List<String> payloads, String key) {
        return payloads.stream().filter(payload -> payload.startsWith(key)).toList();
    }
}
