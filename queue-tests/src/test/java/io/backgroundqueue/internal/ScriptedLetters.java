package io.backgroundqueue.internal;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Recorder;
import io.backgroundqueue.spi.DeadLetterCursor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** A walk over letters that a test made up. */
final class ScriptedLetters implements DeadLetterCursor {
    final Recorder<String> calls = new Recorder<>();
    private final Deque<DeadLetter> left;

    ScriptedLetters(List<DeadLetter> letters) {
        this.left = new ArrayDeque<>(letters);
    }

    /** Letters {@code 1} to {@code count}, oldest first. */
    static ScriptedLetters of(int count) {
        return new ScriptedLetters(
                IntStream.rangeClosed(1, count).mapToObj(i -> letter("" + i)).toList());
    }

    private static DeadLetter letter(String id) {
        return new DeadLetter(
                id,
                "orders",
                DeadReason.NON_RETRYABLE,
                Optional.empty(),
                1,
                0,
                OptionalInt.empty(),
                0,
                Optional.empty(),
                Optional.empty(),
                Map.of(),
                Bytes.EMPTY);
    }

    @Override
    public List<DeadLetter> next(int max) {
        calls.add("next " + max);
        List<DeadLetter> page = new ArrayList<>();
        while (page.size() < max && !left.isEmpty()) {
            page.add(left.removeFirst());
        }
        return page;
    }

    @Override
    public int replay(List<DeadLetter> letters) {
        calls.add("replay " + letters.stream().map(DeadLetter::id).toList());
        return letters.size();
    }

    @Override
    public int purge(List<DeadLetter> letters) {
        calls.add("purge " + letters.stream().map(DeadLetter::id).toList());
        return letters.size();
    }

    @Override
    public void close() {
        calls.add("close");
    }
}
