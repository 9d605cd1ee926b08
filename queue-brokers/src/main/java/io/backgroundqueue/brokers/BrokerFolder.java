package io.backgroundqueue.brokers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A temporary folder, and the process that works in it. Both end with this JVM, even when that is killed: a shell that
 * waits for the end of its input, which only this JVM holds, then kills the process and deletes the folder. Where there
 * is no such shell, a JVM that is killed leaves both behind. Thread-safe.
 */
final class BrokerFolder implements AutoCloseable {
    private static final String PID = "pid";

    /**
     * Deaf to what a terminal sends to all processes at once: this one comes last. What the killed process had started may
     * still write while it ends; hence more than one try.
     */
    private static final String GUARD = "trap '' HUP INT TERM; read -r end; " + "[ -f \"$1/" + PID
            + "\" ] && kill -9 \"$(cat \"$1/" + PID + "\")\"; "
            + "for try in 1 2 3 4 5; do rm -rf -- \"$1\" && break; sleep 1; done";

    private final Path path;
    private final Optional<Process> guard;

    private BrokerFolder(Path path, Optional<Process> guard) {
        this.path = path;
        this.guard = guard;
    }

    /** A new folder with {@code broker} in its name. */
    static BrokerFolder create(String broker) throws IOException {
        Path path = Files.createTempDirectory("bq-" + broker + "-");
        return new BrokerFolder(path, guard(path));
    }

    Path path() {
        return path;
    }

    Path resolve(String name) {
        return path.resolve(name);
    }

    /** This process must end with the folder. */
    void running(long pid) throws IOException {
        Path unfinished = resolve(PID + ".part");
        Files.writeString(unfinished, Long.toString(pid));
        Files.move(unfinished, resolve(PID), StandardCopyOption.ATOMIC_MOVE);
    }

    /** No process runs in it any more; its id may become a stranger's. */
    void idle() throws IOException {
        Files.deleteIfExists(resolve(PID));
    }

    /** Deletes the folder. Its process has ended. */
    @Override
    public void close() {
        guard.ifPresent(Process::destroyForcibly);
        try {
            delete();
        } catch (IOException kept) {
            throw new UncheckedIOException("the folder of a broker could not be deleted: " + path, kept);
        }
    }

    private void delete() throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        try (Stream<Path> files = Files.walk(path)) {
            List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : deepestFirst) {
                Files.deleteIfExists(file);
            }
        }
    }

    private static Optional<Process> guard(Path path) {
        try {
            return Optional.of(new ProcessBuilder("/bin/sh", "-c", GUARD, "bq-guard", path.toString())
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start());
        } catch (IOException noShell) {
            return Optional.empty();
        }
    }
}
