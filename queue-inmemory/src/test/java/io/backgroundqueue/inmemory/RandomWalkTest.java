package io.backgroundqueue.inmemory;

import static io.backgroundqueue.inmemory.Sample.task;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Anything in any order: what must hold after every step, and that everything can be finished at the end. */
class RandomWalkTest {
    private static final int STEPS = 4_000;
    private static final Duration WINDOW = Duration.ofSeconds(20);

    private final Bench bench = new Bench(60, 1_000);
    private final List<Delivery.Task> out = new ArrayList<>();
    private final Set<String> accepted = new HashSet<>();
    private final Set<String> gone = new HashSet<>();
    private int ids;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void nothingIsLostNothingIsCountedTwiceAndKeysStayInOrder(long seed) throws Exception {
        Random random = new Random(seed);
        for (int step = 0; step < STEPS; step++) {
            act(random);
            checkBooks(seed, step);
        }
        finish();
        assertThat(gone).as("seed %d", seed).isEqualTo(accepted);
        assertThat(bench.broker.capacity().tasks()).isZero();
    }

    private void act(Random random) throws Exception {
        switch (random.nextInt(10)) {
            case 0, 1, 2 -> send(random);
            case 3, 4 -> take(1 + random.nextInt(3));
            case 5, 6 -> settle(random);
            case 7 -> cancel(random);
            case 8 -> moveTime(random);
            default -> revive(random);
        }
    }

    private void send(Random random) {
        Sample sample = task("t" + ids++).bytes(1 + random.nextInt(30));
        sample = random.nextBoolean() ? sample.key("k" + random.nextInt(3)) : sample.priority(random.nextInt(10));
        sample = random.nextInt(3) == 0 ? sample.dedup("d" + random.nextInt(10), WINDOW) : sample;
        sample = switch (random.nextInt(4)) {
            case 0 -> sample.after(Duration.ofSeconds(random.nextInt(60)));
            case 1 -> sample.start(new Start.At(bench.time.now().plusSeconds(random.nextInt(60) - 10)));
            default -> sample;
        };
        if (bench.sendOne(sample).equals(SendResult.ACCEPTED)) {
            accepted.add(sample.id());
        }
    }

    private void take(int max) {
        List<Delivery.Task> taken = bench.take(max);
        assertThat(taken).noneMatch(task -> task.due().isAfter(bench.time.now()));
        out.addAll(taken);
    }

    private void settle(Random random) {
        if (out.isEmpty()) {
            return;
        }
        Delivery.Task task = out.remove(random.nextInt(out.size()));
        Outcome outcome = bench.settle(
                switch (random.nextInt(4)) {
                    case 0 -> new Settlement.Release(task);
                    case 1 ->
                        new Settlement.Later(
                                task, Bench.failedOnce(), Start.after(Duration.ofSeconds(random.nextInt(40))));
                    case 2 -> new Settlement.Dead(task, Bench.failedOnce(), DeadReason.NON_RETRYABLE);
                    default -> {
                        Settlement ack = new Settlement.Ack(task);
                        if (bench.receiver.extend(List.of(task)).isEmpty()) {
                            gone.add(task.envelope().taskId());
                        }
                        yield ack;
                    }
                });
        assertThat(bench.settle(new Settlement.Ack(task)))
                .as("after %s", outcome)
                .isEqualTo(Outcome.STALE);
    }

    private void cancel(Random random) {
        String id = "t" + random.nextInt(ids + 1);
        if (bench.driver.cancel("orders", id)) {
            assertThat(gone.add(id)).isTrue();
        }
    }

    private void moveTime(Random random) {
        if (random.nextInt(4) == 0) {
            bench.time.jump(Duration.ofSeconds(random.nextInt(60) - 30));
        } else {
            bench.time.advance(Duration.ofMillis(random.nextInt(20_000)));
        }
    }

    private void revive(Random random) throws Exception {
        try (DeadLetterCursor cursor = bench.driver.deadLetters("orders")) {
            if (random.nextBoolean()) {
                cursor.replay(cursor.next(2));
            } else {
                var letters = cursor.next(1);
                letters.forEach(letter -> gone.add(letter.id()));
                cursor.purge(letters);
            }
        }
    }

    private void checkBooks(long seed, int step) {
        String where = "seed " + seed + ", step " + step;
        List<Long> counts = bench.counts();
        assertThat(counts).as(where).allMatch(count -> count >= 0);
        long stored = counts.stream().mapToLong(Long::longValue).sum();
        assertThat(stored).as(where).isEqualTo(bench.broker.capacity().tasks());
        assertThat(stored).as(where).isEqualTo(accepted.size() - gone.size());
        out.removeAll(bench.receiver.extend(List.copyOf(out)));
        assertThat(out).as(where).hasSize(counts.get(2).intValue());
        List<String> keys = out.stream()
                .map(Delivery.Task::envelope)
                .map(Envelope::orderingKey)
                .flatMap(Optional::stream)
                .toList();
        assertThat(keys).as(where).doesNotHaveDuplicates();
    }

    /** Acks all there is, walking the time to whatever is next. */
    private void finish() throws Exception {
        out.clear();
        try (DeadLetterCursor cursor = bench.driver.deadLetters("orders")) {
            cursor.replay(cursor.next(1_000));
        }
        for (Optional<Duration> next = Optional.of(Duration.ZERO); next.isPresent(); next = untilNextChange()) {
            bench.time.advance(next.get());
            for (List<Delivery.Task> page = bench.take(9); !page.isEmpty(); page = bench.take(9)) {
                page.forEach(
                        task -> assertThat(gone.add(task.envelope().taskId())).isTrue());
                page.forEach(bench::ack);
            }
        }
    }

    private Optional<Duration> untilNextChange() {
        return bench.broker.untilNextChange(List.of("orders"));
    }
}
