package io.backgroundqueue.testkit;

import static io.backgroundqueue.QueueException.Kind.TOO_LARGE;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.Codec;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.Feature;
import io.backgroundqueue.PayloadType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Chapter 13 of the contract. Extend {@link BackgroundQueueContract}, which has all chapters. */
public abstract class ByteRules extends HookRules {
    /** What goes wrong somewhere between a string and a broker. */
    private static final List<String> WEIRD = List.of(
            "",
            " ",
            "null",
            "\"quoted\" and \\ back",
            "tab\tline\nreturn\r",
            "\u0001\u0008\u001f\u007f",
            "zero \u0000 byte",
            "%s %n {0} ${x} #{y}",
            "'; DROP TABLE tasks; --",
            "<a href=\"x\">&amp;</a>",
            "ümläut ß é e\u0301",
            "中文 日本語 한국어 עברית \u202e العربية",
            "emoji 😀 👩‍👩‍👧 🇩🇪",
            "\ufeffbom and \u2028 line",
            "9007199254740993");

    ByteRules() {}

    @Test
    @Rule("13.1")
    public final void namesThatLookAlikeAreDifferentTopics() throws Exception {
        int room = capabilities().limits().maxTopicLength();
        String base = newTopic();
        List<String> topics =
                new ArrayList<>(List.of(base + ".b", base + "_b", base + "-b", base + ".B", base + "..b"));
        topics.add("x".repeat(room - base.length() - 1) + base + "a");
        topics.add("x".repeat(room - base.length() - 1) + base + "b");
        Map<String, RecordingHandler<String>> handlers = new HashMap<>();
        for (String topic : topics) {
            RecordingHandler<String> handler = handler();
            queue().consume(topic, String.class, handler);
            handlers.put(topic, handler);
        }

        for (String topic : topics) {
            queue().enqueue(topic, topic);
        }

        for (RecordingHandler<String> handler : handlers.values()) {
            handler.await(1);
        }
        handlers.forEach((topic, handler) ->
                assertThat(handler.payloads()).as("what came to " + topic).containsExactly(topic));
    }

    @Test
    @Rule("13.2")
    public final void anyTextTravelsUnchangedInPayloadsAndHeaders() throws Exception {
        RecordingHandler<String> handler = handler();
        queue().consume(topic(), String.class, handler);
        Map<String, String> sent = new HashMap<>();
        for (String text : WEIRD) {
            EnqueueOptions options = text.contains("\u0000") ? PLAIN : PLAIN.header("text", text);
            sent.put(queue().enqueue(topic(), text, options).taskId(), text);
        }

        handler.awaitIds(sent.keySet());

        assertThat(handler.runs()).allSatisfy(run -> {
            String text = sent.getOrDefault(run.id(), "another task's id");
            assertThat(run.payload()).isEqualTo(text);
            if (!text.contains("\u0000")) {
                assertThat(run.task().headers()).isEqualTo(Map.of("text", text));
            }
        });
    }

    @Test
    @Rule("13.3")
    public final void genericPayloadsArriveWithTheirFullType() throws Exception {
        RecordingHandler<List<Order>> handler = handler();
        queue().consume(topic(), new PayloadType<List<Order>>() {}, handler);
        List<Order> orders = List.of(
                new Order(
                        7,
                        new BigDecimal("19.90"),
                        Instant.parse("2026-02-03T04:05:06.789Z"),
                        List.of("a", "b"),
                        Map.of("k", 1L)),
                new Order(Long.MAX_VALUE, new BigDecimal("1e-20"), Instant.EPOCH, List.of(), Map.of()));

        queue().enqueue(topic(), orders);
        queue().enqueue(topic(), List.of());

        handler.await(2);
        assertThat(handler.payloads()).containsExactlyInAnyOrder(orders, List.of());
    }

    @Test
    @Rule("13.4")
    @Requires({Feature.ATTEMPTS, Feature.DEAD_LETTERS})
    public final void thePayloadIsTheSameBytesAfterRetriesDeathAndReplay() throws Exception {
        byte[] raw = new byte[256];
        for (int i = 0; i < raw.length; i++) {
            raw[i] = (byte) i;
        }
        List<Bytes> payloads = List.of(
                Bytes.EMPTY,
                Bytes.copyOf(raw),
                Bytes.utf8("{ \"a\" : [] , \"n\" : 12345678901234567890 , \"d\" : 1.0 }"),
                Bytes.utf8(" not json\r\n\r\nat all\u0000"));
        BackgroundQueue queue = open(options -> options.codec(new RawCodec()));
        RecordingHandler<Bytes> handler = handler(RecordingHandler.failing(2));
        queue.consume(topic(), Bytes.class, handler, retrying(ONE));

        for (Bytes payload : payloads) {
            String id = queue.enqueue(topic(), payload, PLAIN.attempts(2)).taskId();
            assertThat(deadLetter(topic(), id).payload()).isEqualTo(payload);
            queue.admin().replayDeadLetters(topic(), letter -> letter.id().equals(id));
            deadLetter(topic(), id);

            assertThat(handler.runsOf(id))
                    .hasSize(4)
                    .allSatisfy(run -> assertThat(run.payload()).isEqualTo(payload));
        }
    }

    @Test
    @Rule("13.5")
    public final void theLargestPayloadTravelsAndOneByteMoreIsRefusedAtOnce() throws Exception {
        int most = Math.min(1 << 20, capabilities().limits().maxPayloadBytes());
        RecordingHandler<String> handler = handler();
        queue().consume(topic(), String.class, handler);
        String largest = "x".repeat(most - 2);

        EnqueueReceipt receipt = queue().enqueue(topic(), largest);

        refused(
                TOO_LARGE,
                () -> queue().enqueue(topic(), largest + "x"),
                String.valueOf(most),
                String.valueOf(most + 1));
        handler.awaitIds(List.of(receipt.taskId()));
        assertThat(handler.payloads()).containsExactly(largest);
        staysAt(1, handler);
    }

    @Test
    @Rule("13.5")
    public final void theQueuesOwnBoundOfPayloadsHolds() throws Exception {
        BackgroundQueue queue = open(options -> options.maxPayloadBytes(100));

        queue.enqueue(topic(), "x".repeat(98));

        refused(TOO_LARGE, () -> queue.enqueue(topic(), "x".repeat(99)), "101", "100");
    }

    @Test
    @Rule("13.6")
    public final void asManyHeadersAsAreAllowedTravel() throws Exception {
        RecordingHandler<String> handler = handler();
        queue().consume(topic(), String.class, handler);
        EnqueueOptions many = PLAIN;
        for (int i = 0; i < 64; i++) {
            many = many.header("Header." + i, "x".repeat(100));
        }
        EnqueueOptions large = PLAIN.header("large", "x".repeat(8_192 - "large".length()));
        EnqueueOptions longName = PLAIN.header("n".repeat(128), "");

        for (EnqueueOptions options : List.of(many, large, longName)) {
            String id = queue().enqueue(topic(), "payload", options).taskId();
            handler.awaitIds(List.of(id));
            assertThat(handler.runsOf(id).get(0).task().headers()).isEqualTo(options.headers());
        }
    }

    @Test
    @Rule("13.7")
    public final void aTopicMayBeAsLongAsTheBackendSays() throws Exception {
        String unique = newTopic();
        String topic = unique + "x".repeat(capabilities().limits().maxTopicLength() - unique.length());
        RecordingHandler<String> handler = handler();
        queue().consume(topic, String.class, handler);

        handler.awaitIds(List.of(queue().enqueue(topic, "payload").taskId()));
    }

    /** A payload with everything that loses its type on the way. */
    record Order(long id, BigDecimal total, Instant placed, List<String> lines, Map<String, Long> counts) {
        /** So that 1e-20 and 0.00000000000000000001 are one. */
        Order {
            total = total.stripTrailingZeros();
            if (total.unscaledValue().equals(BigInteger.ZERO)) {
                throw new IllegalArgumentException("a total of 0");
            }
        }
    }

    /** Payloads that are bytes already. */
    private static final class RawCodec implements Codec {
        @Override
        public Bytes encode(Object payload) {
            return (Bytes) payload;
        }

        @Override
        public <T> T decode(Bytes bytes, PayloadType<T> type) {
            @SuppressWarnings("unchecked")
            T payload = (T) bytes;
            return payload;
        }
    }
}
