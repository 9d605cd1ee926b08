package io.backgroundqueue.redis;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Start;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The arguments of a script, in the making. */
final class ScriptArguments {
    private final List<byte[]> arguments = new ArrayList<>();

    ScriptArguments text(String text) {
        arguments.add(text.getBytes(StandardCharsets.UTF_8));
        return this;
    }

    ScriptArguments number(long number) {
        return text(Long.toString(number));
    }

    ScriptArguments bytes(Bytes bytes) {
        arguments.add(bytes.toArray());
        return this;
    }

    /** Two arguments, rounded up to milliseconds: a task is never early. */
    ScriptArguments start(Start start) {
        if (start instanceof Start.After after) {
            return text("A").number(millis(after.delay()));
        }
        if (start instanceof Start.At at) {
            return text("T").number(millis(at.time()));
        }
        return text("N").number(0);
    }

    List<byte[]> list() {
        return arguments;
    }

    /** Rounded up. */
    static long millis(Duration duration) {
        return duration.plusNanos(999_999).toMillis();
    }

    private static long millis(Instant time) {
        return time.plusNanos(999_999).toEpochMilli();
    }
}
