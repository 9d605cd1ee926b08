package io.backgroundqueue.inmemory;

import static io.backgroundqueue.inmemory.Sample.task;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A backlog a thousand times larger must not make one task much slower. What is O(n) somewhere would be a thousand times
 * slower; the bound leaves room for caches, the collector and a busy machine.
 */
class ScaleTest {
    private static final int SMALL = 200;
    private static final int LARGE = 200_000;
    private static final int ROUNDS = 500;
    private static final double BOUND = 30;

    /** What the backlog is made of. */
    private record Kind(String name, UnaryOperator<Sample> made) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static final Kind DELAYED = new Kind("delayed", sample -> sample.after(Duration.ofHours(1)));

    static Stream<Kind> kinds() {
        return Stream.of(
                DELAYED,
                new Kind("ready", sample -> sample),
                new Kind("blocked behind one key", sample -> sample.key("busy")),
                new Kind("of a key each", sample -> sample.key(sample.id())),
                new Kind("deduplicated", sample -> sample.dedup(sample.id(), Duration.ofHours(1))));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void aLargeBacklogDoesNotSlowTheWayOfOneTask(Kind kind) {
        Bench small = filled(kind, SMALL);
        Bench large = filled(kind, LARGE);
        rounds(small, "warm");
        rounds(large, "warm");

        long few = IntStream.range(0, 5)
                .mapToLong(i -> rounds(small, "s" + i))
                .min()
                .getAsLong();
        long many = IntStream.range(0, 5)
                .mapToLong(i -> rounds(large, "l" + i))
                .min()
                .getAsLong();

        assertThat(many).isLessThan((long) (BOUND * few));
    }

    @Test
    void allOfManyTasksDueAtOnceAreHandedOutOnceEach() {
        Bench bench = filled(DELAYED, LARGE);
        bench.time.advance(Duration.ofHours(1));

        Set<String> ids = new HashSet<>();
        for (List<Delivery.Task> page = bench.take(1_000); !page.isEmpty(); page = bench.take(1_000)) {
            page.forEach(task -> ids.add(task.envelope().taskId()));
            bench.receiver.settle(
                    page.stream().<Settlement>map(Settlement.Ack::new).toList());
        }

        assertThat(ids).hasSize(LARGE + 1);
        assertThat(bench.counts()).containsExactly(0L, 0L, 0L, 0L);
    }

    private static Bench filled(Kind kind, int count) {
        Bench bench = new Bench();
        bench.driver.send(
                Stream.concat(
                                Stream.of(kind.made.apply(task("head"))),
                                IntStream.range(0, count).mapToObj(i -> kind.made.apply(task("backlog-" + i))))
                        .map(Sample::envelope)
                        .toList(),
                Duration.ofSeconds(10));
        return bench;
    }

    /** Nanoseconds for the whole way of some tasks: sent, taken, retried, taken, acked; one of them cancelled. */
    private static long rounds(Bench bench, String name) {
        long begun = System.nanoTime();
        for (int i = 0; i < ROUNDS; i++) {
            bench.send(task(name + i).priority(9).dedup(name + i, Duration.ofMinutes(1)), task(name + "-x" + i));
            bench.later(bench.takeOne(), Duration.ZERO);
            bench.ack(bench.takeOne());
            bench.driver.cancel("orders", name + "-x" + i);
            bench.driver.stats("orders");
        }
        return System.nanoTime() - begun;
    }
}
