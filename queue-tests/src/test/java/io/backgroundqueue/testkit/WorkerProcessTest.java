package io.backgroundqueue.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The backend in memory lives inside each process, so each is its own producer here. */
@Timeout(120)
class WorkerProcessTest {
    private static final ProcessPlan PLAN = ProcessPlan.on("memory:", "topic");

    private final List<WorkerProcess> started = new ArrayList<>();

    @AfterEach
    void endAll() throws Exception {
        for (WorkerProcess process : started) {
            process.close();
        }
    }

    @Test
    void producesAndWorksAndNotesBoth() throws Exception {
        WorkerProcess process = start(PLAN.producing(50, "job"));

        process.awaitReady();
        process.awaitProduced();
        process.awaitRuns(50);
        eventually(() -> process.completedIds().size() == 50);

        assertThat(process.sent()).hasSize(50).contains("job-0", "job-49");
        assertThat(process.accepted()).containsExactlyElementsOf(process.sent());
        assertThat(process.returned()).containsExactlyInAnyOrderElementsOf(process.sent());
        assertThat(process.runs())
                .hasSize(50)
                .allSatisfy(run -> assertThat(run.attempt()).isEqualTo(1));
    }

    @Test
    void aProducerWithoutAWorkerOnlyProduces() throws Exception {
        WorkerProcess process = start(PLAN.concurrency(0).producing(5, "job"));

        process.awaitProduced();

        assertThat(process.accepted()).hasSize(5);
        assertThat(process.started()).isZero();
    }

    @Test
    void aProcessEndsWithTheOneThatStartedIt(@TempDir Path folder) throws Exception {
        List<String> worker = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                WorkerProcessMain.class.getName(),
                folder.resolve("journal").toString()));
        worker.addAll(PLAN.arguments());
        List<String> shell = new ArrayList<>(List.of("sh", "-c", "\"$@\" >/dev/null 2>&1 & echo $!; wait", "sh"));
        shell.addAll(worker);
        Process starter = new ProcessBuilder(shell).start();
        long pid = Long.parseLong(starter.inputReader().readLine());
        ProcessHandle process = ProcessHandle.of(pid).orElseThrow();
        try {
            Journal journal = new Journal(folder.resolve("journal"));
            eventually(() -> Files.exists(folder.resolve("journal")) && journal.count(Journal.Kind.READY) == 1);

            starter.destroyForcibly();

            eventually(() -> !process.isAlive());
        } finally {
            process.destroyForcibly();
            starter.destroyForcibly();
        }
    }

    @Test
    void aKilledProcessLeavesItsJournal() throws Exception {
        WorkerProcess process = start(PLAN.producing(1_000_000, "job"));
        process.awaitRuns(10);

        process.kill();

        assertThat(process.alive()).isFalse();
        assertThat(process.started()).isGreaterThanOrEqualTo(10);
        assertThat(process.reports()).isEmpty();
    }

    @Test
    void aStoppedProcessStandsStillUntilItIsContinued() throws Exception {
        WorkerProcess process = start(PLAN.producing(1_000_000, "job"));
        process.awaitRuns(10);

        process.stop();
        int before = stable(process);
        Patience.standard()
                .never(() -> process.started() > before, () -> "a stopped process ran " + process.started() + " tasks");
        process.cont();

        process.awaitRuns(before + 10);
    }

    @Test
    void aTerminatedProcessEndsGracefullyWithAReport() throws Exception {
        WorkerProcess process = start(PLAN.work(Duration.ofMillis(5)).producing(1_000, "job"));
        process.awaitRuns(10);

        assertThat(process.terminate()).isEqualTo(143);

        assertThat(process.reports()).singleElement().asString().contains("ShutdownReport[finished=");
        assertThat(process.started()).isLessThan(1_000);
    }

    @Test
    void aMarkedPayloadHaltsTheProcessInTheMiddleOfItsRun() throws Exception {
        WorkerProcess process = start(PLAN.producing(20, "job").concurrency(1).haltOn("job-13"));

        assertThat(process.awaitExit()).isEqualTo(WorkerProcessMain.HALTED);

        assertThat(process.runs()).extracting(WorkerProcess.Run::payload).endsWith("job-13");
        assertThat(process.returned()).doesNotContain("job-13");
    }

    @Test
    void everySoManyRunsFailAndAreRetried() throws Exception {
        WorkerProcess process =
                start(PLAN.producing(20, "job").failEach(10).attempts(5).backoff(Duration.ofMillis(1)));

        process.awaitRuns(22);
        eventually(() -> process.completedIds().size() == 20);

        assertThat(process.runs()).extracting(WorkerProcess.Run::attempt).contains(2);
    }

    @Test
    void aProcessThatCannotOpenItsQueueShowsWhatItSaid() throws Exception {
        WorkerProcess process = start(ProcessPlan.on("nowhere:", "topic"));

        assertThatThrownBy(process::awaitReady)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("ended with status 1")
                .hasMessageContaining("nowhere");
    }

    @Test
    void closingEndsTheProcess() throws Exception {
        WorkerProcess process = start(PLAN);
        process.awaitReady();

        process.close();

        assertThat(process.alive()).isFalse();
    }

    private WorkerProcess start(ProcessPlan plan) throws Exception {
        WorkerProcess process = WorkerProcess.start(plan, Patience.standard().times(3));
        started.add(process);
        return process;
    }

    /** What was under way when the signal came may still be on its way into the journal. */
    private static int stable(WorkerProcess process) throws Exception {
        int[] seen = {-1};
        eventually(() -> {
            int now = process.started();
            boolean same = now == seen[0];
            seen[0] = now;
            return same;
        });
        return seen[0];
    }

    private static void eventually(Patience.Condition condition) throws Exception {
        Patience.standard().eventually(condition, () -> "it did not happen");
    }
}
