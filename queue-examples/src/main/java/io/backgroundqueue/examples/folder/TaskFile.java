package io.backgroundqueue.examples.folder;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.backgroundqueue.spi.Lease;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A task's file. What changes while it moves is in its name, so that one rename changes it, or fails because somebody
 * else renamed it first. Names sort by time, then by number:
 *
 * <pre>{@code
 * waiting/1764000000123456789~0000000042-9f86d081~0~              when it is due
 * held/1764000000123456789~0000000042-9f86d081~0~5c1e0a52-…       the same, and a token of the worker that holds it
 * dead/1764000060000000000~0000000042-9f86d081~0~NON_RETRYABLE    when it died, and why
 * }</pre>
 *
 * @param path where it is
 * @param time in the name: nanoseconds since 1970; long ago for a file that somebody else dropped here
 * @param number in order of arrival, and unique
 * @param starts how often it was handed out and came back without a verdict
 * @param mark the token or the reason; empty while it waits
 */
record TaskFile(Path path, Instant time, String number, int starts, String mark) implements Lease {
    static final Comparator<TaskFile> ORDER =
            Comparator.comparing(TaskFile::time).thenComparing(TaskFile::number);
    private static final Pattern NAME = Pattern.compile("(\\d{19})~([^~]+)~(\\d{1,9})~([^.]*).*");

    static TaskFile of(Path path) {
        String name = String.valueOf(path.getFileName());
        Matcher part = NAME.matcher(name);
        if (!part.matches()) {
            UUID foreign = UUID.nameUUIDFromBytes(name.getBytes(UTF_8));
            return new TaskFile(path, Instant.EPOCH, foreign.toString(), 0, "");
        }
        Instant time = Instant.EPOCH.plusNanos(Long.parseLong(part.group(1)));
        return new TaskFile(path, time, part.group(2), Integer.parseInt(part.group(3)), part.group(4));
    }

    /** Where a rename takes it, with another mark. */
    Path to(Path folder, String newMark) {
        return to(folder, time, starts, newMark);
    }

    /** Where a rename takes it, to say all this. */
    Path to(Path folder, Instant newTime, int newStarts, String newMark) {
        long nanos = Math.addExact(Math.multiplyExact(newTime.getEpochSecond(), 1_000_000_000L), newTime.getNano());
        return folder.resolve("%019d~%s~%d~%s".formatted(nanos, number, newStarts, newMark));
    }
}
