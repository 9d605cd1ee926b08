package io.backgroundqueue.rabbitmq;

import static java.util.stream.Collectors.toCollection;

import com.rabbitmq.client.Channel;
import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.Time;
import io.backgroundqueue.rabbitmq.HeldLetters.Letter;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.ErrorClass;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A walk that takes letters one by one and holds them to its end: then they go back to where they were, in order. It ends
 * after so many as there were at its beginning: a letter that it replays and that dies again would make it endless. Whoever
 * is asked for after that is looked for again.
 */
final class RabbitMQDeadLetterCursor implements DeadLetterCursor {
    private static final Logger LOG = LoggerFactory.getLogger(RabbitMQDeadLetterCursor.class);
    private static final int MOST_BYTES = 8 << 20;

    /** So much of the letters that were seen is kept here; beyond it, their tags alone. */
    private static final long MOST_KEPT = 64L << 20;

    /** A page ends after this, so that the call does. */
    private static final Duration PAGE = Duration.ofSeconds(3);

    private static final Duration CALL = Duration.ofSeconds(8);
    private static final long UNKNOWN = Long.MAX_VALUE;

    private final String topic;
    private final RabbitMQParts parts;
    private final Channel channel;
    private final Time time;
    private final HeldLetters letters;
    private final Map<String, Deque<Letter>> seen = new HashMap<>();
    private long kept;
    /** How many are to come; unknown before the first. */
    private long left;

    /** @param any whether there are letters */
    RabbitMQDeadLetterCursor(String topic, RabbitMQParts parts, Channel channel, boolean any) {
        this.topic = topic;
        this.parts = parts;
        this.channel = channel;
        this.time = parts.time();
        this.letters = new HeldLetters(channel, parts.names().dead(topic), time);
        this.left = any ? UNKNOWN : 0;
    }

    @Override
    public List<DeadLetter> next(int max) throws IOException, InterruptedException {
        shedWhereTooMuch();
        long end = time.deadline(PAGE);
        List<DeadLetter> page = new ArrayList<>();
        long bytes = 0;
        while (left > 0 && page.size() < max && bytes < MOST_BYTES && time.nanos() - end < 0) {
            Letter taken = letters.take();
            if (taken == null) {
                left = 0;
            } else {
                left = left == UNKNOWN ? taken.behind() : left - 1;
                DeadLetter letter = seen(taken);
                bytes += letter.payload().size();
                page.add(letter);
            }
        }
        if (page.isEmpty()) {
            giveBack();
        }
        return page;
    }

    @Override
    public int replay(List<DeadLetter> wanted) throws IOException, InterruptedException {
        long deadline = time.deadline(CALL);
        Wire wire = parts.publisher().wire(deadline);
        requireKept(wanted);
        List<Letter> found = found(wanted);
        if (found.stream().anyMatch(letter -> letter.message().isEmpty())) {
            giveBack();
            throw tooMany();
        }
        List<Optional<RabbitMQFailure>> answers = parts.publisher()
                .publish(wire, found, letter -> parts.messages().replay(topic, message(letter), deadline), deadline);
        int stored = 0;
        for (int i = 0; i < found.size(); i++) {
            Letter letter = found.get(i);
            if (answers.get(i).isEmpty()) {
                letters.remove(letter);
                stored++;
            } else {
                seen(letter);
            }
        }
        giveBackAfterTheEnd();
        Optional<RabbitMQFailure> failure =
                answers.stream().flatMap(Optional::stream).findFirst();
        if (failure.isPresent()) {
            throw failure.get();
        }
        return stored;
    }

    @Override
    public int purge(List<DeadLetter> wanted) throws IOException, InterruptedException {
        List<Letter> found = found(wanted);
        for (Letter letter : found) {
            letters.remove(letter);
        }
        giveBackAfterTheEnd();
        return found.size();
    }

    @Override
    public void close() {
        try {
            if (channel.isOpen()) {
                giveBack();
                channel.close();
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } catch (IOException | TimeoutException | RuntimeException ended) {
            LOG.debug("The letters of '{}' go back with their connection", topic, ended);
        }
    }

    /** Takes one more; false at the end of the queue. */
    private boolean look() throws IOException {
        Letter taken = letters.take();
        if (taken != null) {
            shedWhereTooMuch();
            seen(taken);
        }
        return taken != null;
    }

    private DeadLetter seen(Letter held) throws RabbitMQFailure {
        DeadLetter letter = Messages.letter(topic, message(held));
        kept += letter.payload().size();
        seen.computeIfAbsent(letter.id(), any -> new ArrayDeque<>()).add(held);
        return letter;
    }

    /** Those of {@code wanted} that are there still. */
    private List<Letter> found(List<DeadLetter> wanted) throws IOException, InterruptedException {
        long end = time.deadline(PAGE);
        List<Letter> found = new ArrayList<>();
        for (DeadLetter one : wanted) {
            Letter letter = found(one);
            while (letter == null && left == 0 && time.nanos() - end < 0 && look()) {
                letter = found(one);
            }
            if (letter != null) {
                found.add(letter);
            }
        }
        if (time.nanos() - end >= 0 && found.size() < wanted.size()) {
            giveBack();
            throw tooMany();
        }
        return found;
    }

    /** A page that was seen long ago is not here any more. */
    private void requireKept(List<DeadLetter> wanted) throws RabbitMQFailure {
        for (DeadLetter one : wanted) {
            Letter letter = seen.getOrDefault(one.id(), new ArrayDeque<>()).peek();
            if (letter != null) {
                message(letter);
            }
        }
    }

    private Message message(Letter letter) throws RabbitMQFailure {
        return letter.message().orElseThrow(this::tooMany);
    }

    private RabbitMQFailure tooMany() {
        return new RabbitMQFailure(
                ErrorClass.REFUSED,
                "There are too many dead letters of '" + topic + "' to look for these again: replay or purge each"
                        + " page before you ask for the next. Nothing was changed",
                null);
    }

    private void shedWhereTooMuch() {
        if (kept > MOST_KEPT) {
            kept = 0;
            seen.replaceAll((id, same) -> same.stream().map(Letter::bare).collect(toCollection(ArrayDeque::new)));
        }
    }

    private @Nullable Letter found(DeadLetter wanted) {
        Deque<Letter> same = seen.get(wanted.id());
        return same == null ? null : same.poll();
    }

    private void giveBackAfterTheEnd() throws IOException, InterruptedException {
        if (left == 0) {
            giveBack();
        }
    }

    private void giveBack() throws IOException, InterruptedException {
        seen.clear();
        kept = 0;
        letters.giveBack();
    }
}
