package io.backgroundqueue.redis;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Capabilities.Precision;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.PriorStarts;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.WireFormat;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What a claim answered.
 *
 * @param deliveries what was handed out
 * @param left whether there is more that is ready
 * @param untilDue the milliseconds until a task becomes due
 * @param untilEnd the milliseconds until a lease ends
 * @param picks the state of the server's picker, to be told it next time
 * @param turn likewise
 */
record ClaimAnswer(
        List<Delivery> deliveries, boolean left, OptionalLong untilDue, OptionalLong untilEnd, long picks, long turn) {

    /** No number of milliseconds that has more is a time. */
    private static final int MOST_DIGITS = 18;

    /** Nothing, because the claim was forbidden. */
    static final ClaimAnswer NONE = new ClaimAnswer(List.of(), false, OptionalLong.empty(), OptionalLong.empty(), 0, 0);

    /**
     * @param token what the claim went by
     * @param now no task is shown as due later than this
     */
    static ClaimAnswer of(Object reply, String topic, String token, Instant now) {
        List<?> parts = Replies.list(reply);
        if (parts.isEmpty()) {
            return NONE;
        }
        return new ClaimAnswer(
                deliveries(parts, topic, token, now),
                Replies.number(parts.get(5)) == 1,
                Replies.millis(parts.get(6)),
                Replies.millis(parts.get(7)),
                Replies.number(parts.get(8)),
                Replies.number(parts.get(9)));
    }

    private static List<Delivery> deliveries(List<?> parts, String topic, String token, Instant now) {
        List<?> ids = Replies.list(parts.get(0));
        List<Delivery> deliveries = new ArrayList<>(ids.size());
        for (int i = 0; i < ids.size(); i++) {
            String head = Replies.text(Replies.list(parts.get(1)).get(i));
            Delivery delivery = delivery(
                    new RedisLease(Replies.text(ids.get(i)), head + ":" + token),
                    topic,
                    Replies.bytes(Replies.list(parts.get(2)).get(i)),
                    text(parts.get(3), i),
                    text(parts.get(4), i),
                    due(head, now));
            deliveries.add(delivery);
        }
        return deliveries;
    }

    /** What was written beside the body wins over what stands in it. */
    private static Delivery delivery(
            RedisLease lease,
            String topic,
            Bytes body,
            Optional<String> progress,
            Optional<String> starts,
            Instant due) {
        PriorStarts prior = starts.map(count -> new PriorStarts(Integer.parseInt(count), Precision.EXACT))
                .orElse(PriorStarts.ZERO);
        WireFormat.Read read = Body.read(body, topic, lease.id());
        if (!(read instanceof WireFormat.Read.Task task)) {
            return read.delivery(due, prior, body, lease);
        }
        try {
            Progress so = progress.map(StoredProgress::read).orElse(task.progress());
            return new Delivery.Task(task.envelope(), due, so, prior, lease);
        } catch (IllegalArgumentException | IndexOutOfBoundsException malformed) {
            return new Delivery.Unreadable(body, "its progress is '" + progress.orElse("") + "'", lease);
        }
    }

    /** 0, nothing, and what is no time at all are a foreign producer's "now". */
    private static Instant due(String head, Instant now) {
        String millis = head.substring(1);
        if (millis.isEmpty() || millis.length() > MOST_DIGITS) {
            return now;
        }
        Instant due = Instant.ofEpochMilli(Long.parseLong(millis));
        return due.equals(Instant.EPOCH) || due.isAfter(now) ? now : due;
    }

    private static Optional<String> text(@Nullable Object list, int index) {
        List<?> values = Replies.list(list);
        return values.isEmpty() || values.get(index) == null
                ? Optional.empty()
                : Optional.of(Replies.text(values.get(index)));
    }
}
