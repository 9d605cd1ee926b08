package io.backgroundqueue.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.inmemory.InMemoryProvider;
import io.backgroundqueue.inmemory.ManualTime;
import io.backgroundqueue.spi.QueueUrl;
import io.backgroundqueue.testkit.broken.Backend;
import io.backgroundqueue.testkit.broken.BrokenDriver;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The driver in memory does nothing that the contract does not permit, whatever is asked of it in whatever order. {@code
 * -Dbq.seed} walks one seed again; {@code -Dbq.seeds} and {@code -Dbq.steps} walk more and farther.
 */
class ModelTest {
    private static final int STEPS = Integer.getInteger("bq.steps", 200);
    private static final int SEEDS = Integer.getInteger("bq.seeds", 400);

    @Test
    void theDriverInMemoryDoesOnlyWhatTheModelPermits() {
        Walk walk = new Walk(ModelTest::world);
        for (long seed : seeds()) {
            Optional<Walk.Failure> failure = walk.fails(seed, STEPS);
            assertThat(failure.map(wrong -> wrong.describe(seed, STEPS)).orElse(""))
                    .isEmpty();
        }
    }

    private static long[] seeds() {
        Long one = Long.getLong("bq.seed");
        return one == null ? LongStream.rangeClosed(1, SEEDS).toArray() : new long[] {one};
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "replays a task with its old failures",
                "acknowledges by id, whatever became of the delivery",
                "settles by id, whoever has the task",
                "counts a release as a start",
                "lets low priorities starve",
                "lets the next of a key pass a retry",
                "looks for what is due every half second",
                "renews the window with a duplicate",
                "says nothing of a lost lease"
            })
    void aBrokenDriverIsFoundInAFewSteps(String name) {
        Walk walk = new Walk(() -> broken(BrokenDriver.named(name)));
        Optional<Walk.Failure> found = Optional.empty();
        long seed = 0;
        while (found.isEmpty() && seed < 50) {
            found = walk.fails(++seed, 200);
        }
        assertThat(found).as("what is found of a driver that " + name).isPresent();
        Walk.Failure failure = found.orElseThrow();
        assertThat(failure.steps()).as("steps to " + failure.cause()).hasSizeLessThan(30);
        assertThat(failure.describe(seed, 200))
                .contains("Seed " + seed, failure.cause().getMessage(), "-Dbq.seed=" + seed)
                .contains(failure.steps().get(0).toString());
    }

    @Test
    void aSeedWalksTheSameWayEachTimeAndAShorterWalkIsItsBeginning() {
        assertThat(Generator.walk(7, 300))
                .isEqualTo(Generator.walk(7, 300))
                .startsWith(Generator.walk(7, 100).toArray(new Operation[0]));
    }

    private static World world() throws Exception {
        ManualTime time = new ManualTime(Instant.parse("2026-03-01T10:00:00Z"));
        QueueUrl url = QueueUrl.parse("memory:" + UUID.randomUUID());
        QueueOptions options = QueueOptions.builder().time(time).build();
        return new World(time, () -> new InMemoryProvider().open(url, options));
    }

    private static World broken(BrokenDriver broken) throws Exception {
        Backend backend = new Backend(broken);
        return new World(backend.time(), backend::open);
    }
}
