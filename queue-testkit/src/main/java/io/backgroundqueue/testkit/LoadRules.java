package io.backgroundqueue.testkit;

import static io.backgroundqueue.testkit.Ledger.End.COMPLETED;
import static io.backgroundqueue.testkit.Ledger.End.DEAD_LETTERED;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueRequest;
import io.backgroundqueue.Feature;
import io.backgroundqueue.RetryPolicy;
import io.backgroundqueue.ShutdownReport;
import io.backgroundqueue.WorkerOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The faults of chapter 15 that need nothing but a queue. Extend {@link BrokerFaultContract}, which has all of them. */
@Tag("fault")
public abstract class LoadRules extends QueueFixture {
    /** How often the faults that strike at random are brought about; {@code -Dbq.rounds}. */
    static final int ROUNDS = Integer.getInteger("bq.rounds", 1);

    /** How many tasks there are where there are many; {@code -Dbq.tasks}. */
    static final int MANY = Integer.getInteger("bq.tasks", 100_000);

    /** How many tasks fail where many do; {@code -Dbq.failing}. */
    static final int FAILING = Integer.getInteger("bq.failing", 10_000);

    private static final int BATCH = 500;
    private static final int PROBES = 300;

    private final Random random = new Random();

    LoadRules() {}

    @Test
    @Rule("15.1")
    @Requires({Feature.RELEASE, Feature.DURABILITY})
    public final void closingUnderLoadLosesNothing() throws Exception {
        for (int round = 1; round <= ROUNDS; round++) {
            String topic = newTopic();
            RecordingHandler<String> first = handler(task -> passes(Duration.ofMillis(1)));
            BackgroundQueue closing = open();
            closing.consume(topic, String.class, first, WorkerOptions.DEFAULT.concurrency(8));
            Traffic traffic = closeLater(new Traffic(closing, topic, 6));
            int enough = 200 + random.nextInt(1_000);
            patience().eventually(() -> traffic.accepted() >= enough, () -> "producers do not get on");

            ShutdownReport report = closing.shutdown(Duration.ofSeconds(10));

            traffic.stop();
            assertThat(report.abandoned()).isEmpty();
            assertThat(report.unsent()).isZero();
            RecordingHandler<String> second = handler();
            queue().consume(topic, String.class, second, WorkerOptions.DEFAULT.concurrency(20));
            untilAllRan(traffic, List.of(first, second));
            int duplicates = balance(round, traffic.ledger(), List.of(first, second));
            assertThat(duplicates).as("duplicates of a graceful end").isZero();
        }
    }

    @Test
    @Rule("15.2")
    @Requires({Feature.ATTEMPTS, Feature.DEAD_LETTERS})
    public final void manyFailingTasksDoNotSlowFreshOnes() throws Exception {
        Duration from = Duration.ofSeconds(1);
        Duration spread = Duration.ofMillis(Math.max(FAILING * 2L, 4_000));
        RetryPolicy scattered = (failures, error) ->
                Optional.of(from.plusMillis(ThreadLocalRandom.current().nextLong(spread.toMillis())));
        RecordingHandler<String> handler = handler(task -> {
            if (task.payload().equals("bad")) {
                throw new IllegalStateException("as told");
            }
        });
        queue().consume(
                        topic(),
                        String.class,
                        handler,
                        WorkerOptions.DEFAULT.concurrency(10).retryPolicy(scattered));
        Ledger ledger = new Ledger();
        Duration baseline = tail(handler, ledger, "before");
        List<String> bad = enqueueMany(topic(), Collections.nCopies(FAILING, "bad"), PLAIN.attempts(2));
        bad.forEach(ledger::accepted);
        patience().times(8).eventually(() -> handler.ended() >= FAILING + PROBES, () -> "not all failed: " + handler);

        Duration during = tail(handler, ledger, "during");

        note("p99 of fresh tasks before, ms", baseline.toMillis());
        note("p99 of fresh tasks during, ms", during.toMillis());
        assertThat(during)
                .as("the wait of fresh tasks, before it was " + baseline)
                .isLessThan(baseline.multipliedBy(2).plus(slack().dividedBy(3)));
        Duration most = from.plus(spread).plus(patience().eventually().multipliedBy(8));
        new Patience(most, Duration.ZERO, Duration.ofMillis(50))
                .eventually(() -> handler.ended() >= 2 * FAILING + 2 * PROBES, () -> "not all died: " + handler);
        drained(topic());
        // A backend without stats may still be storing what the last handlers decided.
        patience().eventually(() -> letterIds(topic()).size() >= FAILING, () -> "letters are missing: " + handler);
        ledger.ended(COMPLETED, handler.completed());
        ledger.ended(DEAD_LETTERED, letterIds(topic()));
        assertThat(ledger.assertBalanced().duplicates()).isZero();
        staysAt(2 * FAILING + 2 * PROBES, handler);
    }

    @Test
    @Rule("15.3")
    public final void oneLongHandlerAmongManyShortOnesRunsOnceAndHoldsUpNobody() throws Exception {
        CountDownLatch gate = obstinately();
        RecordingHandler<String> handler = handler(task -> {
            if (task.payload().equals("long")) {
                gate.await();
            }
        });
        queue().consume(topic(), String.class, handler, leased().concurrency(10));
        Ledger ledger = new Ledger();
        String longOne = queue().enqueue(topic(), "long").taskId();
        ledger.accepted(longOne);
        handler.awaitStarted(1);
        long began = nanos();

        enqueueMany(topic(), Collections.nCopies(MANY, "short"), PLAIN).forEach(ledger::accepted);
        patience().times(40).eventually(() -> handler.ended() >= MANY, () -> "the short ones wait: " + handler);
        note(
                "short tasks beside the long one, per second",
                MANY * 1_000L / Math.max(1, between(began, nanos()).toMillis()));
        passes(harness().shortLease().multipliedBy(3).minus(between(began, nanos())));

        assertThat(handler.runsOf(longOne)).hasSize(1);
        gate.countDown();
        handler.awaitIds(List.of(longOne));
        staysAt(MANY + 1, handler);
        drained(topic());
        ledger.ended(COMPLETED, handler.completed());
        assertThat(ledger.assertBalanced().duplicates()).isZero();
    }

    /** Enqueues in batches, and answers the ids. */
    final List<String> enqueueMany(String name, List<String> payloads, EnqueueOptions options) throws Exception {
        List<String> ids = new ArrayList<>(payloads.size());
        for (int from = 0; from < payloads.size(); from += BATCH) {
            List<EnqueueRequest<String>> batch =
                    payloads.subList(from, Math.min(payloads.size(), from + BATCH)).stream()
                            .map(payload -> new EnqueueRequest<>(name, payload, options))
                            .toList();
            queue().enqueueAll(batch).forEach(result -> ids.add(result.orThrow().taskId()));
        }
        return ids;
    }

    /** Waits until everything that producers hold a receipt for has run, and nothing is left. */
    final void untilAllRan(Traffic traffic, List<RecordingHandler<String>> handlers) throws Exception {
        List<String> accepted = traffic.ledger().acceptedKeys();
        patience()
                .times(8)
                .eventually(
                        () -> missing(accepted, handlers) == 0,
                        () -> missing(accepted, handlers) + " of " + accepted.size() + " accepted tasks did not run: "
                                + handlers);
    }

    /** Watches the silence, balances the books over payloads, notes the duplicates, and answers how many there were. */
    final int balance(int round, Ledger ledger, List<RecordingHandler<String>> handlers) throws Exception {
        for (RecordingHandler<String> handler : handlers) {
            staysAt(handler.started(), handler);
        }
        for (RecordingHandler<String> handler : handlers) {
            ledger.ended(COMPLETED, payloadsOf(handler));
        }
        return noted(round, ledger.assertBalanced());
    }

    final int noted(int round, Ledger.Balance balance) {
        note("round " + round, balance);
        return balance.duplicates();
    }

    final List<String> letterIds(String name) throws Exception {
        return queue().admin().listDeadLetters(name, Integer.MAX_VALUE).stream()
                .map(DeadLetter::id)
                .toList();
    }

    static List<String> numbered(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + "-" + i).toList();
    }

    final Random random() {
        return random;
    }

    /** The payloads of the runs that returned, each as often as one did. */
    private static List<String> payloadsOf(RecordingHandler<String> handler) {
        Map<String, String> payloads = new HashMap<>();
        handler.runs().forEach(run -> payloads.put(run.id(), run.payload()));
        return handler.completed().stream()
                .map(id -> payloads.getOrDefault(id, "unknown id " + id))
                .toList();
    }

    private static int missing(List<String> keys, List<RecordingHandler<String>> handlers) {
        Set<String> missing = new HashSet<>(keys);
        handlers.forEach(handler -> payloadsOf(handler).forEach(missing::remove));
        return missing.size();
    }

    /** Enqueues fresh tasks one by one, and answers how long all but one in a hundred waited at most. */
    private Duration tail(RecordingHandler<String> handler, Ledger ledger, String name) throws Exception {
        Map<String, Long> sent = new ConcurrentHashMap<>();
        for (int i = 0; i < PROBES; i++) {
            long before = nanos();
            String id = queue().enqueue(topic(), name + i).taskId();
            ledger.accepted(id);
            sent.put(id, before);
            passes(Duration.ofMillis(5));
        }
        handler.awaitIds(sent.keySet());
        List<Long> waits = new ArrayList<>();
        handler.runs().forEach(run -> {
            Long before = sent.get(run.id());
            if (before != null) {
                waits.add(run.startedNanos() - before);
            }
        });
        Collections.sort(waits);
        return Duration.ofNanos(waits.get(waits.size() * 99 / 100));
    }
}
