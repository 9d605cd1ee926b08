package io.backgroundqueue.redis;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.WireFormat;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A walk that keeps only its place: the number of the last death it has shown, in microseconds. It ends at the last
 * letter there was when it began: one that replays tasks which die again would otherwise never end.
 */
final class RedisDeadLetterCursor implements DeadLetterCursor {
    private static final int MOST_BYTES = 8 << 20;

    private final String topic;
    private final TopicKeys keys;
    private final RedisLink link;
    private final Time time;
    private final Duration callTimeout;
    private final String last;
    private String seen = "0";

    /** @param last the last death to show, in microseconds */
    RedisDeadLetterCursor(String topic, TopicKeys keys, RedisLink link, Time time, Duration callTimeout, String last) {
        this.topic = topic;
        this.keys = keys;
        this.link = link;
        this.time = time;
        this.callTimeout = callTimeout;
        this.last = last;
    }

    @Override
    public List<DeadLetter> next(int max) {
        ScriptArguments arguments =
                new ScriptArguments().text(seen).text(last).number(max).number(MOST_BYTES);
        List<?> page = Replies.list(eval(RedisScript.LETTERS, arguments));
        List<DeadLetter> letters = new ArrayList<>(page.size() / 4);
        for (int i = 0; i < page.size(); i += 4) {
            seen = Replies.text(page.get(i + 1));
            letters.add(letter(
                    Replies.text(page.get(i)),
                    died(seen),
                    Replies.text(page.get(i + 2)),
                    Replies.bytes(page.get(i + 3))));
        }
        return letters;
    }

    @Override
    public int replay(List<DeadLetter> letters) {
        if (letters.isEmpty()) {
            return 0;
        }
        ScriptArguments arguments = new ScriptArguments().text(StoredProgress.write(Progress.replay()));
        letters.forEach(letter -> arguments.text(letter.id()).number(letter.priority()));
        return (int) Replies.number(eval(RedisScript.REPLAY, arguments));
    }

    @Override
    public int purge(List<DeadLetter> letters) {
        if (letters.isEmpty()) {
            return 0;
        }
        ScriptArguments arguments = new ScriptArguments();
        letters.forEach(letter -> arguments.text(letter.id()));
        return (int) Replies.number(eval(RedisScript.BURY, arguments));
    }

    @Override
    public void close() {}

    private Object eval(RedisScript script, ScriptArguments arguments) {
        return link.eval(script.call(keys.common(), arguments), time.deadline(callTimeout));
    }

    private DeadLetter letter(String id, Instant diedAt, String letter, Bytes body) {
        Progress progress = StoredProgress.progress(letter);
        if (Body.read(body, topic, id) instanceof WireFormat.Read.Task task) {
            return task.envelope().letter(progress, StoredProgress.reason(letter), diedAt);
        }
        return new DeadLetter(
                id,
                topic,
                StoredProgress.reason(letter),
                progress.lastError(),
                progress.failures(),
                progress.interruptions(),
                OptionalInt.empty(),
                0,
                Optional.empty(),
                Optional.of(diedAt),
                Map.of(),
                body);
    }

    private static Instant died(String micros) {
        return Instant.EPOCH.plus(Long.parseLong(micros), ChronoUnit.MICROS);
    }
}
