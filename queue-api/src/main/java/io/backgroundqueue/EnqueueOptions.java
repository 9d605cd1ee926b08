package io.backgroundqueue;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * What a caller may ask for a task. Immutable; start at {@link #DEFAULT} and call one method per option. Whatever is set
 * is kept by the backend or refused with {@link QueueException.Kind#UNSUPPORTED}, never ignored; whatever is not set
 * takes the queue's default.
 *
 * @param start when the task may start; unset means at once
 * @param priority 0 to 9, higher first; unset means 0
 * @param attempts how many runs may fail; unset means the worker's default, 3
 * @param deduplicationId of tasks with the same id on the same topic, one is accepted per window; unset means no check
 * @param deduplicationWindow how long an id is remembered from acceptance; unset means the queue's, 5 minutes
 * @param expiresAfter how long after it became due a task that never ran is still worth running; unset means for ever
 * @param orderingKey tasks of one key run one at a time, in order of acceptance; unset means no order
 * @param headers strings that travel with the task; none by default
 */
public record EnqueueOptions(
        Optional<Start> start,
        OptionalInt priority,
        OptionalInt attempts,
        Optional<String> deduplicationId,
        Optional<Duration> deduplicationWindow,
        Optional<Duration> expiresAfter,
        Optional<String> orderingKey,
        Map<String, String> headers) {

    /** Nothing set. */
    public static final EnqueueOptions DEFAULT = new EnqueueOptions(
            Optional.empty(),
            OptionalInt.empty(),
            OptionalInt.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Map.of());

    /** The most characters that a deduplication id or an ordering key may have. */
    public static final int MAX_ID_LENGTH = 256;

    /** The highest number of attempts. */
    public static final int MAX_ATTEMPTS = 10_000;

    /** Checks every value; use {@link #DEFAULT} and the option methods instead. */
    public EnqueueOptions {
        start.ifPresent(EnqueueOptions::checkStart);
        priority.ifPresent(EnqueueOptions::checkPriority);
        attempts.ifPresent(EnqueueOptions::checkAttempts);
        deduplicationId.ifPresent(id -> checkId("deduplicationId", id));
        orderingKey.ifPresent(key -> checkId("orderingKey", key));
        deduplicationWindow.ifPresent(window -> Durations.positive("deduplicationWindow", window));
        expiresAfter.ifPresent(span -> Durations.positive("expiresAfter", span));
        if (orderingKey.isPresent() && priority.isPresent()) {
            throw QueueException.invalid("orderingKey '" + orderingKey.get() + "' and priority " + priority.getAsInt()
                    + " are both set, and contradict each other: an order cannot be kept and jumped. Set one of them");
        }
        headers = Headers.checked(headers);
    }

    /** Not before {@code delay} from acceptance; any length, zero means now. Replaces {@link #runAt}. */
    public EnqueueOptions delay(Duration delay) {
        Durations.notNegative("delay", delay);
        return withStart(Start.after(delay));
    }

    /** Not before {@code time}; the past means now. Replaces {@link #delay}. */
    public EnqueueOptions runAt(Instant time) {
        return withStart(new Start.At(time));
    }

    /** 0 to 9; 9 runs first. */
    public EnqueueOptions priority(int priority) {
        return new EnqueueOptions(
                start,
                OptionalInt.of(priority),
                attempts,
                deduplicationId,
                deduplicationWindow,
                expiresAfter,
                orderingKey,
                headers);
    }

    /** How many runs may end in a failure before the task goes to the dead letters, 1 to 10,000. */
    public EnqueueOptions attempts(int attempts) {
        return new EnqueueOptions(
                start,
                priority,
                OptionalInt.of(attempts),
                deduplicationId,
                deduplicationWindow,
                expiresAfter,
                orderingKey,
                headers);
    }

    /** Accept one task per (topic, {@code id}) and window; 1 to 256 characters. The receipt tells a duplicate. */
    public EnqueueOptions deduplicationId(String id) {
        return new EnqueueOptions(
                start, priority, attempts, Optional.of(id), deduplicationWindow, expiresAfter, orderingKey, headers);
    }

    /** How long the deduplication id is remembered, counted from acceptance. */
    public EnqueueOptions deduplicationWindow(Duration window) {
        return new EnqueueOptions(
                start, priority, attempts, deduplicationId, Optional.of(window), expiresAfter, orderingKey, headers);
    }

    /** Drop the task, with an event, if it never ran within {@code span} of becoming due. */
    public EnqueueOptions expiresAfter(Duration span) {
        return new EnqueueOptions(
                start,
                priority,
                attempts,
                deduplicationId,
                deduplicationWindow,
                Optional.of(span),
                orderingKey,
                headers);
    }

    /** Run tasks of the same key one at a time and in order; 1 to 256 characters; not together with a priority. */
    public EnqueueOptions orderingKey(String key) {
        return new EnqueueOptions(
                start,
                priority,
                attempts,
                deduplicationId,
                deduplicationWindow,
                expiresAfter,
                Optional.of(key),
                headers);
    }

    /** Adds one header; up to 64, and 8 KiB in all. Names are {@code A-Z a-z 0-9 . _ -}; {@code bq…} is reserved. */
    public EnqueueOptions header(String name, String value) {
        Map<String, String> more = new TreeMap<>(headers);
        more.put(name, value);
        return withHeaders(more);
    }

    /** These options, and the values of {@code defaults} where nothing is set here. */
    public EnqueueOptions orElse(EnqueueOptions defaults) {
        if (defaults.equals(DEFAULT)) {
            return this;
        }
        Map<String, String> merged = new TreeMap<>(defaults.headers);
        merged.putAll(headers);
        return new EnqueueOptions(
                start.or(() -> defaults.start),
                priority.isPresent() || orderingKey.isPresent() ? priority : defaults.priority,
                attempts.isPresent() ? attempts : defaults.attempts,
                deduplicationId.or(() -> defaults.deduplicationId),
                deduplicationWindow.or(() -> defaults.deduplicationWindow),
                expiresAfter.or(() -> defaults.expiresAfter),
                orderingKey.isPresent() || priority.isPresent() ? orderingKey : defaults.orderingKey,
                merged);
    }

    private EnqueueOptions withStart(Start newStart) {
        return new EnqueueOptions(
                Optional.of(newStart),
                priority,
                attempts,
                deduplicationId,
                deduplicationWindow,
                expiresAfter,
                orderingKey,
                headers);
    }

    private EnqueueOptions withHeaders(Map<String, String> newHeaders) {
        return new EnqueueOptions(
                start, priority, attempts, deduplicationId, deduplicationWindow, expiresAfter, orderingKey, newHeaders);
    }

    private static void checkStart(Start start) {
        if (start instanceof Start.After after) {
            Durations.notNegative("delay", after.delay());
        }
        if (start instanceof Start.At at && at.time().isAfter(Instant.now().plus(Durations.LONGEST))) {
            throw QueueException.invalid("runAt is " + at.time() + ". It must lie within 36500 days from now");
        }
    }

    private static void checkPriority(int priority) {
        if (priority < 0 || priority > 9) {
            throw QueueException.invalid("priority is " + priority + ". It must be 0 to 9, and 9 runs first");
        }
    }

    private static void checkAttempts(int attempts) {
        if (attempts < 1 || attempts > MAX_ATTEMPTS) {
            throw QueueException.invalid("attempts is " + attempts
                    + ". It is the number of runs that may fail and must be 1 to " + MAX_ATTEMPTS
                    + "; 1 means no retry");
        }
    }

    private static void checkId(String name, String id) {
        if (id.isBlank()) {
            throw QueueException.invalid(name + " is blank. Give 1 to 256 characters, or leave it unset");
        }
        if (id.length() > MAX_ID_LENGTH) {
            throw new QueueException(
                    QueueException.Kind.TOO_LARGE,
                    name + " has " + id.length() + " characters. At most 256 are kept: hash it if it is longer");
        }
    }
}
