package io.backgroundqueue.testkit;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/** The file in which a {@link WorkerProcess} notes what it does, and from which its parent reads. Thread-safe. */
final class Journal {
    private final Path file;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Kind, List<Line>> lines = new EnumMap<>(Kind.class);
    private long position;

    /** What happened. */
    enum Kind {
        READY,
        SENDING,
        ACCEPTED,
        UNKNOWN,
        REFUSED,
        PRODUCED,
        STARTED,
        RETURNED,
        THREW,
        COMPLETED,
        RETRYING,
        DEAD,
        EXPIRED,
        LEASE_LOST,
        RELEASED,
        ENDED
    }

    /**
     * One event.
     *
     * @param kind what happened
     * @param millis when, since 1970
     * @param id the task's id, or empty
     * @param attempt the attempt, or 0
     * @param text the payload or an explanation
     */
    record Line(Kind kind, long millis, String id, int attempt, String text) {
        static Line now(Kind kind, String id, int attempt, String text) {
            String oneLine = text.replaceAll("[\\t\\r\\n]+", " ");
            return new Line(kind, System.currentTimeMillis(), id, attempt, oneLine);
        }

        static Line parse(String line) {
            String[] parts = line.split("\t", -1);
            return new Line(
                    Kind.valueOf(parts[0]), Long.parseLong(parts[1]), parts[2], Integer.parseInt(parts[3]), parts[4]);
        }

        String format() {
            return String.join("\t", kind.name(), String.valueOf(millis), id, String.valueOf(attempt), text) + "\n";
        }
    }

    Journal(Path file) {
        this.file = file;
    }

    /** The lines of a kind that were written by now. */
    List<Line> of(Kind kind) {
        return read(kind, List::copyOf);
    }

    int count(Kind kind) {
        return read(kind, List::size);
    }

    private <R> R read(Kind kind, Function<List<Line>, R> answer) {
        lock.lock();
        try {
            if (Files.exists(file)) {
                readOn();
            }
            return answer.apply(lines.getOrDefault(kind, List.of()));
        } catch (IOException unreadable) {
            throw new UncheckedIOException("the journal " + file + " could not be read", unreadable);
        } finally {
            lock.unlock();
        }
    }

    private void readOn() throws IOException {
        try (RandomAccessFile input = new RandomAccessFile(file.toFile(), "r")) {
            byte[] added = new byte[(int) (input.length() - position)];
            input.seek(position);
            input.readFully(added);
            // A line that is still being written waits for the next look.
            int end = added.length;
            while (end > 0 && added[end - 1] != '\n') {
                end--;
            }
            position += end;
            new String(added, 0, end, StandardCharsets.UTF_8)
                    .lines()
                    .map(Line::parse)
                    .forEach(line -> lines.computeIfAbsent(line.kind(), kind -> new ArrayList<>())
                            .add(line));
        }
    }
}
