package io.backgroundqueue.testkit;

import static io.backgroundqueue.testkit.Ledger.End.COMPLETED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backgroundqueue.Capabilities.Precision;
import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Feature;
import io.backgroundqueue.WorkerOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The faults of chapter 15 that strike processes. Extend {@link BrokerFaultContract}, which has all of them. */
public abstract class ProcessRules extends LoadRules {
    private static final int WORKERS = 4;
    private static final int KILLS = 12;
    private static final int SIGTERM_STATUS = 143;

    ProcessRules() {}

    @Test
    @Rule("15.4")
    @Requires({Feature.LEASE, Feature.DURABILITY})
    public final void whatAKilledWorkerHeldRunsElsewhere() throws Exception {
        for (int round = 1; round <= ROUNDS; round++) {
            String topic = newTopic();
            ProcessPlan plan = plan(topic).work(Duration.ofMillis(5));
            WorkerProcess victim = started(plan);
            WorkerProcess survivor = started(plan);
            Ledger ledger = accepted(enqueueNumbered(topic, 2_000));
            victim.awaitRuns(50);

            victim.kill();

            balance(round, topic, ledger, List.of(victim, survivor));
            assertThat(survivor.started()).isPositive();
        }
    }

    @Test
    @Rule("15.5")
    @Requires({Feature.LEASE, Feature.DURABILITY})
    public final void aFrozenWorkerLosesItsTaskAndCannotSettleItWhenItThaws() throws Exception {
        for (int round = 1; round <= ROUNDS; round++) {
            String topic = newTopic();
            Duration lease = harness().shortLease();
            WorkerProcess frozen = started(plan(topic).concurrency(1).work(lease.multipliedBy(2)));
            Ledger ledger = new Ledger();
            String id = queue().enqueue(topic, "frozen").taskId();
            ledger.accepted("frozen");
            frozen.awaitRuns(1);

            frozen.stop();
            RecordingHandler<String> second = handler();
            queue().consume(topic, String.class, second, leased());
            afterTheLease(() -> second.completed().contains(id), "the task of a frozen worker does not come back");
            frozen.cont();
            patience()
                    .times(2)
                    .eventually(
                            () -> frozen.returnedRuns() == 1,
                            () -> "the frozen worker does not go on: " + frozen.log());

            if (has(Feature.FENCE)) {
                patience()
                        .times(2)
                        .eventually(
                                () -> frozen.lostIds().contains(id),
                                () -> "the frozen worker does not know of its loss: " + frozen.log());
                assertThat(frozen.completedIds())
                        .as("what the frozen worker settled")
                        .doesNotContain(id);
            }
            staysAt(1, second);
            drained(topic);
            ledger.ended(COMPLETED, frozen.returned());
            ledger.ended(COMPLETED, second.payloads());
            noted(round, ledger.assertBalanced());
            frozen.close();
        }
    }

    @Test
    @Rule("15.6")
    @Requires({Feature.LEASE, Feature.DURABILITY, Feature.ATTEMPTS})
    public final void manyTasksOverFourWorkersThatAreKilledAtRandomAreNotLost() throws Exception {
        for (int round = 1; round <= ROUNDS; round++) {
            String topic = newTopic();
            ProcessPlan plan = plan(topic).failEach(211).attempts(20);
            List<WorkerProcess> alive = new ArrayList<>();
            for (int i = 0; i < WORKERS; i++) {
                alive.add(started(plan));
            }
            List<WorkerProcess> all = new ArrayList<>(alive);
            CompletableFuture<List<String>> enqueued = async(() -> enqueueNumbered(topic, MANY));

            while (all.size() < WORKERS + KILLS && returned(all) < MANY) {
                passes(Duration.ofMillis(200 + random().nextInt(800)));
                int victim = random().nextInt(WORKERS);
                alive.get(victim).kill();
                alive.set(victim, started(plan));
                all.add(alive.get(victim));
            }

            Ledger ledger = accepted(enqueued.get(patience().eventually().toSeconds() * 40, TimeUnit.SECONDS));
            note("killed in round " + round, all.size() - WORKERS);
            balance(round, topic, ledger, all);
        }
    }

    @Test
    @Rule("15.7")
    @Requires({Feature.LEASE, Feature.DURABILITY, Feature.INTERRUPTION_COUNT, Feature.DEAD_LETTERS})
    public final void aTaskThatTakesItsWorkersDownEndsInTheDeadLetters() throws Exception {
        boolean exact = capabilities().interruptionPrecision() == Precision.EXACT;
        int most = exact ? 2 : 10;
        String poison = queue().enqueue(topic(), "poison").taskId();
        List<String> others = enqueueNumbered(topic(), 100);

        int crashes = crashUntilDead(
                poison, plan(topic()).concurrency(1).maxInterruptions(most).haltOn("poison"), others, 4 * most);

        DeadLetter letter = queue().admin().findDeadLetter(topic(), poison).orElseThrow();
        assertThat(letter.reason()).isEqualTo(DeadReason.INTERRUPTED);
        assertThat(letter.failures()).isZero();
        if (exact) {
            assertThat(crashes).isEqualTo(most + 1);
            assertThat(letter.interruptions()).isEqualTo(most + 1);
        }
    }

    @Test
    @Rule("15.8")
    @Requires({Feature.RELEASE, Feature.DURABILITY, Feature.LEASE})
    public final void aWorkerThatIsToldToEndUnderLoadLeavesNoTraceInItsTasks() throws Exception {
        for (int round = 1; round <= ROUNDS; round++) {
            String topic = newTopic();
            // A lease long enough that no pause of a busy machine ends it: what runs twice here, runs twice by mistake.
            ProcessPlan plan = plan(topic).lease(Duration.ofSeconds(30)).work(Duration.ofMillis(5));
            WorkerProcess leaving = started(plan);
            WorkerProcess staying = started(plan);
            Ledger ledger = accepted(enqueueNumbered(topic, 2_000));
            leaving.awaitRuns(50);

            assertThat(leaving.terminate()).isEqualTo(SIGTERM_STATUS);

            assertThat(leaving.reports()).singleElement().asString().contains("abandoned=[]");
            int duplicates = balance(round, topic, ledger, List.of(leaving, staying));
            assertThat(duplicates).as("duplicates of a graceful end").isZero();
            assertThat(staying.runs())
                    .allSatisfy(run -> assertThat(run.attempt()).isEqualTo(1));
        }
    }

    @Test
    @Rule("15.9")
    @Requires(Feature.DURABILITY)
    public final void whatAKilledProducerHoldsAReceiptForIsStored() throws Exception {
        for (int round = 1; round <= ROUNDS; round++) {
            String topic = newTopic();
            WorkerProcess producer = launch(plan(topic).concurrency(0).producing(Integer.MAX_VALUE, "task"));
            patience()
                    .times(2)
                    .eventually(() -> producer.accepted().size() > 300, () -> "no receipts: " + producer.log());

            producer.kill();

            Ledger ledger = accepted(producer.accepted());
            producer.sent().forEach(ledger::unknown);
            RecordingHandler<String> handler = handler();
            queue().consume(topic, String.class, handler, WorkerOptions.DEFAULT.concurrency(10));
            List<String> accepted = ledger.acceptedKeys();
            patience()
                    .times(2)
                    .eventually(() -> handler.payloads().containsAll(accepted), () -> "not all are stored: " + handler);
            drained(topic);
            balance(round, ledger, List.of(handler));
        }
    }

    final ProcessPlan plan(String topic) {
        assumeTrue(harness().url().isPresent(), "no URL opens this backend from another process");
        ProcessPlan plan = ProcessPlan.on(harness().url().orElseThrow(), topic);
        ProcessPlan leased = has(Feature.LEASE) ? plan.lease(harness().shortLease()) : plan;
        ProcessPlan patient = has(Feature.INTERRUPTION_COUNT) ? leased.maxInterruptions(1_000) : leased;
        return has(Feature.ATTEMPTS) ? patient.backoff(Duration.ofMillis(100)) : patient;
    }

    /** A process that is on its way; killed when the test is over. */
    final WorkerProcess launch(ProcessPlan plan) throws Exception {
        return closeLater(WorkerProcess.start(plan, patience().times(4)));
    }

    final WorkerProcess started(ProcessPlan plan) throws Exception {
        WorkerProcess process = launch(plan);
        process.awaitReady();
        return process;
    }

    private List<String> enqueueNumbered(String topic, int count) throws Exception {
        List<String> payloads = numbered("task", count);
        enqueueMany(topic, payloads, PLAIN);
        return payloads;
    }

    private static Ledger accepted(Collection<String> keys) {
        Ledger ledger = new Ledger();
        keys.forEach(ledger::accepted);
        return ledger;
    }

    /** Waits until all that was accepted has returned, watches the silence, ends the workers and balances the books. */
    private int balance(int round, String topic, Ledger ledger, List<WorkerProcess> workers) throws Exception {
        List<String> wanted = ledger.acceptedKeys();
        Patience patience = new Patience(
                patience().eventually().multipliedBy(40), patience().never(), Duration.ofMillis(100));
        patience.eventually(
                () -> returned(workers) >= wanted.size() && allReturned(workers, wanted),
                () -> returned(workers) + " runs returned, of " + wanted.size() + " tasks");
        drained(topic);
        int after = startedRuns(workers);
        patience.never(() -> startedRuns(workers) > after, () -> "runs after the end, on " + topic);
        for (WorkerProcess worker : workers) {
            ledger.ended(COMPLETED, worker.returned());
        }
        Ledger.Balance balance = ledger.assertBalanced();
        for (WorkerProcess worker : workers) {
            worker.close();
        }
        return noted(round, balance);
    }

    /**
     * Starts one worker after the other until the poison has died and the others have completed, balances the books, and
     * answers how many workers it took down.
     */
    private int crashUntilDead(String poison, ProcessPlan plan, List<String> others, int most) throws Exception {
        List<WorkerProcess> all = new ArrayList<>(List.of(started(plan)));
        while (crashed(all.get(all.size() - 1), poison)) {
            assertThat(all).as("workers that one task took down").hasSizeLessThanOrEqualTo(most);
            all.add(started(plan));
        }
        int crashes = all.size() - 1;
        note("crashes", crashes);
        Ledger ledger = accepted(others);
        balance(1, topic(), ledger, all);
        assertThat(letterIds(topic())).as("who died").containsExactly(poison);
        return crashes;
    }

    /** Waits until the poison has taken the worker down, or has died itself. */
    private boolean crashed(WorkerProcess worker, String poison) throws Exception {
        patience()
                .times(4)
                .eventually(
                        () -> !worker.alive() || dead(poison),
                        () -> "the poison neither runs nor dies: " + worker.log());
        return !worker.alive();
    }

    private boolean dead(String id) throws Exception {
        return queue().admin().findDeadLetter(topic(), id).isPresent();
    }

    final void afterTheLease(Patience.Condition condition, String otherwise) throws Exception {
        Duration most = harness()
                .shortLease()
                .plus(capabilities().limits().leaseDetection())
                .plus(patience().eventually());
        new Patience(most, Duration.ZERO, patience().poll()).eventually(condition, () -> otherwise);
    }

    private static int returned(List<WorkerProcess> workers) {
        return workers.stream().mapToInt(WorkerProcess::returnedRuns).sum();
    }

    private static int startedRuns(List<WorkerProcess> workers) {
        return workers.stream().mapToInt(WorkerProcess::started).sum();
    }

    private static boolean allReturned(List<WorkerProcess> workers, List<String> wanted) {
        Set<String> missing = new HashSet<>(wanted);
        workers.forEach(worker -> worker.returned().forEach(missing::remove));
        return missing.isEmpty();
    }
}
