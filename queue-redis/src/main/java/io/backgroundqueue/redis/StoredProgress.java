package io.backgroundqueue.redis;

import io.backgroundqueue.DeadReason;
import io.backgroundqueue.spi.Progress;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Progress as one line: {@code verdicts failures interruptions replayed}, numbers apart by a space, and after one more
 * space the last error, if there is one. A letter is a reason, a space and that line.
 */
final class StoredProgress {
    private static final int NUMBERS = 4;

    private StoredProgress() {}

    static String write(Progress progress) {
        return progress.verdicts() + " " + progress.failures() + " " + progress.interruptions() + " "
                + (progress.replayed() ? 1 : 0)
                + progress.lastError().map(error -> " " + error).orElse("");
    }

    static Progress read(String line) {
        String[] parts = line.split(" ", NUMBERS + 1);
        return new Progress(
                Integer.parseInt(parts[0]),
                Integer.parseInt(parts[1]),
                Integer.parseInt(parts[2]),
                parts[3].equals("1"),
                parts.length > NUMBERS ? Optional.of(parts[NUMBERS]) : Optional.empty());
    }

    static String letter(DeadReason reason, Progress progress) {
        return reason + " " + write(progress);
    }

    /** Of a letter of a newer version, or by somebody's hand, that it cannot be read: it must not end a walk. */
    static DeadReason reason(String letter) {
        return Stream.of(DeadReason.values())
                .filter(reason -> letter.startsWith(reason + " "))
                .findFirst()
                .orElse(DeadReason.UNREADABLE);
    }

    /** What cannot be read is shown as it is. */
    static Progress progress(String letter) {
        try {
            return read(letter.substring(letter.indexOf(' ') + 1));
        } catch (RuntimeException unreadable) {
            return new Progress(0, 0, 0, false, Optional.of(letter));
        }
    }
}
