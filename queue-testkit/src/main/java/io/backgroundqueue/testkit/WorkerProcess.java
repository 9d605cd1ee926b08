package io.backgroundqueue.testkit;

import io.backgroundqueue.testkit.Journal.Kind;
import io.backgroundqueue.testkit.Journal.Line;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A worker or producer in a JVM of its own, which a test may kill, stop and continue. It notes every run in a journal that
 * outlives it. Uses this JVM's Java and class path. Thread-safe.
 */
public final class WorkerProcess implements AutoCloseable {
    private static final int LOG_SHOWN = 4_000;

    private final Process process;
    private final Path folder;
    private final Journal journal;
    private final Patience patience;

    private WorkerProcess(Process process, Path folder, Patience patience) {
        this.process = process;
        this.folder = folder;
        this.journal = new Journal(folder.resolve("journal"));
        this.patience = patience;
    }

    /**
     * One run in that process.
     *
     * @param id the task's id
     * @param attempt its attempt
     * @param payload its payload
     * @param startedMillis when it began, since 1970
     */
    public record Run(String id, int attempt, String payload, long startedMillis) {}

    /** Starts a process. It is ready when {@link #awaitReady} has returned. */
    public static WorkerProcess start(ProcessPlan plan, Patience patience) throws IOException {
        Path folder = Files.createTempDirectory("bq-process");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                WorkerProcessMain.class.getName(),
                folder.resolve("journal").toString()));
        command.addAll(plan.arguments());
        File log = folder.resolve("log").toFile();
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log)
                .start();
        return new WorkerProcess(process, folder, patience);
    }

    /** Waits until it has opened its queue and consumes. */
    public void awaitReady() throws Exception {
        awaitLine(Kind.READY);
    }

    /** Waits until it has enqueued all that it was to. */
    public void awaitProduced() throws Exception {
        awaitLine(Kind.PRODUCED);
    }

    /** Waits until it has begun {@code count} runs. */
    public void awaitRuns(int count) throws Exception {
        patience.eventually(
                () -> started() >= count || !alive(),
                () -> "the process began " + started() + " runs of " + count + ". Its log: " + log());
        if (started() < count) {
            throw new AssertionError("The process ended after " + started() + " runs of " + count + ", with status "
                    + process.exitValue() + ". Its log: " + log());
        }
    }

    /** {@code kill -9}. */
    public void kill() {
        process.toHandle().destroyForcibly();
        process.onExit().join();
    }

    /** SIGSTOP: it stands still, as in a long pause of the machine, and knows nothing of it. */
    public void stop() throws Exception {
        signal("STOP");
    }

    /** SIGCONT: it goes on. */
    public void cont() throws Exception {
        signal("CONT");
    }

    /** SIGTERM: it ends gracefully. Answers its exit status, 143 for a process that ends on this signal. */
    public int terminate() throws Exception {
        process.destroy();
        return awaitExit();
    }

    /** Waits until it has ended by itself, and answers its exit status. */
    public int awaitExit() throws Exception {
        patience.eventually(() -> !alive(), () -> "the process does not end. Its log: " + log());
        return process.exitValue();
    }

    /** Whether it runs. */
    public boolean alive() {
        return process.isAlive();
    }

    /** How many runs it has begun. */
    public int started() {
        return journal.count(Kind.STARTED);
    }

    /** All runs that it has begun. */
    public List<Run> runs() {
        return journal.of(Kind.STARTED).stream()
                .map(line -> new Run(line.id(), line.attempt(), line.text(), line.millis()))
                .toList();
    }

    /** How many of its runs have returned. */
    public int returnedRuns() {
        return journal.count(Kind.RETURNED);
    }

    /** Payloads of the runs that returned, each as often as one did. */
    public List<String> returned() {
        return texts(Kind.RETURNED);
    }

    /** Ids of the tasks whose completion the backend has confirmed. */
    public List<String> completedIds() {
        return ids(Kind.COMPLETED);
    }

    /** Ids of the tasks that it was told to have lost. */
    public List<String> lostIds() {
        return ids(Kind.LEASE_LOST);
    }

    /** Ids of the tasks that it sent to the dead letters. */
    public List<String> deadIds() {
        return ids(Kind.DEAD);
    }

    /** Payloads of the tasks for which it holds a receipt. */
    public List<String> accepted() {
        return texts(Kind.ACCEPTED);
    }

    /** Payloads that it began to enqueue, whatever came of it. */
    public List<String> sent() {
        return texts(Kind.SENDING);
    }

    /** What its shutdown reported, if it ended gracefully. */
    public List<String> reports() {
        return texts(Kind.ENDED);
    }

    /** The end of what it printed. */
    public String log() {
        try {
            String text = Files.readString(folder.resolve("log"));
            return text.substring(Math.max(0, text.length() - LOG_SHOWN));
        } catch (IOException unreadable) {
            return "not readable: " + unreadable;
        }
    }

    /** Kills it if it runs, and deletes what it wrote. Twice is harmless. */
    @Override
    public void close() throws IOException {
        kill();
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private void awaitLine(Kind kind) throws Exception {
        patience.eventually(
                () -> journal.count(kind) > 0 || !alive(), () -> "the process is not " + kind + ". Its log: " + log());
        if (journal.count(kind) == 0) {
            throw new AssertionError("The process ended with status " + process.exitValue() + " before it was " + kind
                    + ". Its log: " + log());
        }
    }

    private void signal(String name) throws Exception {
        Process kill = new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                .redirectErrorStream(true)
                .start();
        String said = new String(kill.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (!kill.waitFor(10, TimeUnit.SECONDS) || kill.exitValue() != 0) {
            throw new IllegalStateException("kill -" + name + " " + process.pid() + " did not work: " + said);
        }
    }

    private List<String> texts(Kind kind) {
        return journal.of(kind).stream().map(Line::text).toList();
    }

    private List<String> ids(Kind kind) {
        return journal.of(kind).stream().map(Line::id).toList();
    }
}
