package io.backgroundqueue.inmemory;

import static io.backgroundqueue.inmemory.Sample.task;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Start;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many processes on one broker, on the machine's clock. */
@Timeout(60)
class CrowdTest {
    private static final int PRODUCERS = 3;
    private static final int WORKERS = 4;
    private static final int EACH = 4_000;

    private final Broker broker = new Broker(Time.system(), new Capacity(1_000_000, 1 << 30));
    private final Map<String, AtomicInteger> acked = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> running = new ConcurrentHashMap<>();

    @Test
    void eachOfManyTasksIsDoneOnceAndNoKeyTwiceAtATime() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(PRODUCERS + WORKERS);
        List<Callable<Integer>> all = new ArrayList<>();
        for (int i = 0; i < PRODUCERS; i++) {
            int producer = i;
            all.add(() -> produce(producer));
        }
        for (int i = 0; i < WORKERS; i++) {
            all.add(this::work);
        }
        for (Future<Integer> done : threads.invokeAll(all)) {
            assertThat(done.get()).isPositive();
        }
        threads.shutdown();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();

        assertThat(acked).hasSize(PRODUCERS * EACH);
        assertThat(acked.values()).allMatch(times -> times.get() == 1);
        assertThat(broker.capacity().tasks()).isZero();
    }

    private int produce(int producer) {
        InMemoryDriver driver = new InMemoryDriver(broker);
        for (int i = 0; i < EACH; i++) {
            Sample sample = task(producer + "-" + i);
            sample = i % 3 == 0 ? sample.key("key" + i % 7) : sample.priority(i % 10);
            sample = i % 5 == 0 ? sample.after(Duration.ofMillis(i % 20)) : sample;
            driver.send(List.of(sample.envelope()), Duration.ofSeconds(10));
        }
        return EACH;
    }

    private int work() throws InterruptedException {
        InMemoryReceiver receiver = Bench.receiver(new InMemoryDriver(broker), 100, 1 << 20);
        int received = 0;
        while (acked.size() < PRODUCERS * EACH) {
            List<Settlement> verdicts = new ArrayList<>();
            for (Delivery delivery : receiver.receive(10, Duration.ofMillis(50))) {
                Delivery.Task task = (Delivery.Task) delivery;
                task.envelope()
                        .orderingKey()
                        .ifPresent(key -> assertThat(count(running, key).incrementAndGet())
                                .isEqualTo(1));
                verdicts.add(verdict(task, received++));
            }
            verdicts.forEach(this::beforeSettling);
            receiver.settle(verdicts);
        }
        return Math.max(1, received);
    }

    private static Settlement verdict(Delivery.Task task, int number) {
        return switch (number % 7) {
            case 0 -> new Settlement.Release(task);
            case 1 -> new Settlement.Later(task, Progress.NONE, Start.after(Duration.ofMillis(3)));
            default -> new Settlement.Ack(task);
        };
    }

    private void beforeSettling(Settlement settlement) {
        Delivery.Task task = (Delivery.Task) settlement.delivery();
        task.envelope().orderingKey().ifPresent(key -> count(running, key).decrementAndGet());
        if (settlement instanceof Settlement.Ack) {
            count(acked, task.envelope().taskId()).incrementAndGet();
        }
    }

    private static AtomicInteger count(Map<String, AtomicInteger> counts, String name) {
        return counts.computeIfAbsent(name, key -> new AtomicInteger());
    }
}
