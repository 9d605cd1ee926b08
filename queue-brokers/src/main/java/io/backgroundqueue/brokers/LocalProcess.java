package io.backgroundqueue.brokers;

import io.backgroundqueue.testkit.BrokerProcess;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A broker as a child process in a {@link BrokerFolder}. Ends by its process id, never by a name; its output goes to
 * {@code log} in the folder. Thread-safe.
 */
final class LocalProcess implements BrokerProcess, AutoCloseable {
    private static final Duration BOOT = Duration.ofMinutes(2);
    private static final Duration FAREWELL = Duration.ofSeconds(30);
    private static final long LOOK_MILLIS = 20;
    private static final int LOG_SHOWN = 4_000;
    private static final int MOST_TRIES = 50;

    private final BrokerFolder folder;
    private final ProcessBuilder command;
    private final Answer answer;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Process process;
    private String farewell = "TERM";

    /** One look at whether the broker works. */
    @FunctionalInterface
    interface Answer {
        /** Whether it works; an IOException means not yet. */
        boolean works() throws IOException;
    }

    /**
     * A process that does not run yet.
     *
     * @param command how to start it, each time; what it prints is taken care of
     */
    LocalProcess(BrokerFolder folder, ProcessBuilder command, Answer answer) {
        this.folder = folder;
        this.answer = answer;
        File log = folder.resolve("log").toFile();
        this.command = command.directory(folder.path().toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log));
    }

    /** Stops it by this signal. Default: TERM. Before the first start. */
    LocalProcess endingOn(String signal) {
        farewell = signal;
        return this;
    }

    @Override
    public void start() throws Exception {
        lock.lock();
        try {
            if (process == null || !process.isAlive()) {
                Process started = launched();
                process = started;
                folder.running(started.pid());
                awaitAnswer(started);
            }
        } finally {
            lock.unlock();
        }
    }

    /** A program that was just written may still be open in a child that another thread is starting: it is busy then. */
    private Process launched() throws IOException, InterruptedException {
        for (int tries = 1; ; tries++) {
            try {
                return command.start();
            } catch (IOException failed) {
                if (tries == MOST_TRIES || !String.valueOf(failed.getMessage()).contains("Text file busy")) {
                    throw failed;
                }
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            }
        }
    }

    @Override
    public void stop() throws Exception {
        end(this::sayFarewell);
    }

    @Override
    public void kill() throws Exception {
        end(Process::destroyForcibly);
    }

    /** Kills it and deletes its folder. */
    @Override
    public void close() {
        try {
            kill();
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        } catch (Exception unkillable) {
            throw new IllegalStateException("a broker could not be ended: " + this, unkillable);
        } finally {
            folder.close();
        }
    }

    @Override
    public String toString() {
        return String.join(" ", command.command());
    }

    @FunctionalInterface
    private interface End {
        void of(Process process) throws IOException, InterruptedException;
    }

    private void sayFarewell(Process ending) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + farewell, String.valueOf(ending.pid()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    private void end(End end) throws Exception {
        lock.lock();
        try {
            Process ending = process;
            if (ending != null) {
                List<ProcessHandle> children = ending.descendants().toList();
                end.of(ending);
                if (!ending.waitFor(FAREWELL.toSeconds(), TimeUnit.SECONDS)) {
                    throw new IllegalStateException(
                            "process " + ending.pid() + " does not end within " + FAREWELL + ": " + this);
                }
                awaitEnd(children);
                folder.idle();
                process = null;
            }
        } finally {
            lock.unlock();
        }
    }

    /** They end by themselves once their parent has; before that it cannot be started again. */
    private static void awaitEnd(List<ProcessHandle> children) throws Exception {
        for (ProcessHandle child : children) {
            child.onExit().get(FAREWELL.toSeconds(), TimeUnit.SECONDS);
        }
    }

    private void awaitAnswer(Process started) throws Exception {
        long deadline = System.nanoTime() + BOOT.toNanos();
        while (!answers()) {
            boolean ended = started.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS);
            if (ended || System.nanoTime() - deadline > 0) {
                String what = ended ? "ended with status " + started.exitValue() : "does not answer after " + BOOT;
                throw new IllegalStateException("a broker " + what + ": " + this + "\n" + log());
            }
        }
    }

    private boolean answers() {
        try {
            return answer.works();
        } catch (IOException notYet) {
            return false;
        }
    }

    private String log() throws IOException {
        Path file = folder.resolve("log");
        String all = Files.exists(file) ? new String(Files.readAllBytes(file), StandardCharsets.UTF_8) : "";
        return all.substring(Math.max(0, all.length() - LOG_SHOWN));
    }
}
