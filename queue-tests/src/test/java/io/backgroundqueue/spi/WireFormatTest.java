package io.backgroundqueue.spi;

import static io.backgroundqueue.spi.SampleTask.MADE;
import static io.backgroundqueue.spi.SampleTask.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Start;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WireFormatTest {
    private static final Instant DUE = MADE.plusSeconds(90);
    private static final Progress PROGRESS = new Progress(7, 4, 3, true, Optional.of("java.io.IOException: no route"));
    private static final Envelope FULL = new Envelope(
            "0195-full",
            "mail.out",
            Start.now(),
            9,
            Map.of("trace", "00-ab", "greeting", "naïve — 日本語 𝄞"),
            Bytes.utf8("{\"a\":1}"),
            Optional.of(new Deduplication("order|4711", Duration.ofMillis(90_001))),
            Optional.of("customer 5"),
            OptionalInt.of(12),
            Optional.of(Duration.ofHours(36)),
            MADE);

    @Test
    void everyFieldSurvivesAsHeaders() {
        Map<String, String> headers = WireFormat.toHeaders(FULL, PROGRESS, DUE);

        assertThat(WireFormat.fromHeaders(headers, FULL.payload(), "mail.out", "unused"))
                .isEqualTo(new WireFormat.Read.Task(FULL, Optional.of(DUE), PROGRESS));
    }

    @Test
    void everyFieldSurvivesAsALine() {
        Bytes line = WireFormat.toLine(FULL, PROGRESS, DUE);

        assertThat(WireFormat.fromLine(line, "mail.out", "unused"))
                .isEqualTo(new WireFormat.Read.Task(FULL, Optional.of(DUE), PROGRESS));
    }

    @Test
    void whatWasNotSetTakesNoField() {
        assertThat(WireFormat.toHeaders(task("a").envelope(), Progress.NONE, null))
                .containsOnlyKeys("bqversion", "id", "type", "time")
                .containsEntry("bqversion", "1")
                .containsEntry("type", "orders")
                .containsEntry("time", "2026-03-01T10:15:30.123456789Z");
    }

    @Test
    void theNamesOfTheFieldsAreFixedBecauseOtherLanguagesReadThem() {
        assertThat(WireFormat.toHeaders(FULL, PROGRESS, DUE))
                .containsEntry("bqpriority", "9")
                .containsEntry("bqattempts", "12")
                .containsEntry("bqdedup", "order|4711")
                .containsEntry("bqdedupwindow", "PT1M30.001S")
                .containsEntry("bqkey", "customer 5")
                .containsEntry("bqexpires", "PT36H")
                .containsEntry("bqdue", "2026-03-01T10:17:00.123456789Z")
                .containsEntry("bqverdicts", "7")
                .containsEntry("bqfailures", "4")
                .containsEntry("bqinterruptions", "3")
                .containsEntry("bqreplayed", "true")
                .containsEntry("bqerror", "java.io.IOException: no route")
                .containsEntry("trace", "00-ab");
    }

    @Test
    void aStartIsSpentOnTheWayAndOnlyTheDueTimeTravels() {
        Envelope delayed = new Envelope(
                "a",
                "orders",
                Start.after(Duration.ofHours(1)),
                0,
                Map.of(),
                Bytes.EMPTY,
                Optional.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                MADE);

        assertThat(read(WireFormat.toLine(delayed, Progress.NONE, DUE)))
                .isEqualTo(new WireFormat.Read.Task(delayed.started(), Optional.of(DUE), Progress.NONE));
    }

    @Test
    void aPayloadOfEveryByteValueAndLineFeedsIsByteIdentical() {
        byte[] all = new byte[1024];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) (i % 256);
        }
        all[0] = '\n';
        all[1] = '\n';
        Bytes payload = Bytes.wrap(all);

        assertThat(payloadOf(WireFormat.toLine(task("a").payload(payload).envelope(), Progress.NONE, null)))
                .isEqualTo(payload);
        assertThat(payloadOf(WireFormat.toLine(task("a").payload(Bytes.EMPTY).envelope(), Progress.NONE, null)))
                .isEqualTo(Bytes.EMPTY);
    }

    @Test
    void aLineFeedInAHeaderOrAnErrorDoesNotEndTheLine() {
        Envelope envelope = task("a").headers(Map.of("h", "one\ntwo\r\n")).envelope();
        Progress progress = new Progress(1, 1, 0, false, Optional.of("at line 1\n\tat line 2"));

        assertThat(read(WireFormat.toLine(envelope, progress, null)))
                .isEqualTo(new WireFormat.Read.Task(envelope, Optional.empty(), progress));
    }

    @Test
    void userHeadersMayBeCalledLikeTheFieldThatHoldsThem() {
        Envelope envelope =
                task("a").headers(Map.of("headers", "mine", "ID", "also mine")).envelope();

        assertThat(read(WireFormat.toLine(envelope, Progress.NONE, null)))
                .isEqualTo(new WireFormat.Read.Task(envelope, Optional.empty(), Progress.NONE));
        assertThat(WireFormat.fromHeaders(
                        WireFormat.toHeaders(envelope, Progress.NONE, null), envelope.payload(), "orders", "x"))
                .isEqualTo(new WireFormat.Read.Task(envelope, Optional.empty(), Progress.NONE));
    }

    @Test
    void aForeignMessageWithoutOurMetadataIsATaskWithDefaults() {
        WireFormat.Read read =
                WireFormat.fromHeaders(Map.of("content", "json"), Bytes.utf8("1"), "orders", "foreign-1");

        Envelope expected = new Envelope(
                "foreign-1",
                "orders",
                Start.now(),
                0,
                Map.of("content", "json"),
                Bytes.utf8("1"),
                Optional.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                Instant.EPOCH);
        assertThat(read).isEqualTo(new WireFormat.Read.Task(expected, Optional.empty(), Progress.NONE));
    }

    @Test
    void aForeignLineMayGiveItsNumbersAsJsonNumbers() {
        WireFormat.Read read = read("{\"bqpriority\":7,\"bqattempts\":2,\"unknown\":{\"a\":[1]}}\n{}");

        assertThat(read).isInstanceOfSatisfying(WireFormat.Read.Task.class, found -> {
            assertThat(found.envelope().priority()).isEqualTo(7);
            assertThat(found.envelope().attempts()).hasValue(2);
            assertThat(found.envelope().taskId()).isEqualTo("foreign");
            assertThat(found.envelope().payload()).isEqualTo(Bytes.utf8("{}"));
        });
    }

    @Test
    void aDeduplicationIdWithoutAWindowGetsFiveMinutes() {
        assertThat(read("{\"bqdedup\":\"d\"}\n"))
                .isInstanceOfSatisfying(
                        WireFormat.Read.Task.class,
                        found -> assertThat(found.envelope().deduplication())
                                .contains(new Deduplication("d", Duration.ofMinutes(5))));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, Integer.MAX_VALUE})
    void aNewerVersionIsTooNewWhateverElseItSays(int version) {
        assertThat(read("{\"bqversion\":" + version + ",\"bqpriority\":\"crimson\"}\n"))
                .isEqualTo(new WireFormat.Read.TooNew(version));
        assertThat(WireFormat.fromHeaders(Map.of("bqversion", "" + version), Bytes.EMPTY, "orders", "x"))
                .isEqualTo(new WireFormat.Read.TooNew(version));
    }

    @ParameterizedTest
    @CsvSource({
        "bqversion, one",
        "bqversion, 99999999999",
        "bqpriority, 10",
        "bqpriority, -1",
        "bqpriority, high",
        "bqattempts, many",
        "bqattempts, 2147483648",
        "bqexpires, soon",
        "bqdue, tomorrow",
        "bqdue, 2026-13-01T00:00:00Z",
        "time, now",
        "bqverdicts, 1.5",
        "bqfailures, x",
        "bqinterruptions, ''"
    })
    void anIllegalValueIsMalformedAndNamed(String field, String value) {
        Map<String, String> headers = new LinkedHashMap<>(WireFormat.toHeaders(FULL, PROGRESS, DUE));
        headers.put(field, value);

        assertThat(WireFormat.fromHeaders(headers, Bytes.EMPTY, "orders", "x"))
                .isInstanceOfSatisfying(
                        WireFormat.Read.Malformed.class,
                        malformed -> assertThat(malformed.why()).contains("illegal value"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "no line feed at all",
                "\n",
                "not json\n{}",
                "[1,2]\n{}",
                "null\n{}",
                "{\"id\":\n{}",
                "{} {}\n{}",
                "\"text\"\n",
                "42\n",
                "{\"bqpriority\":{}}\n",
                "{\"bqattempts\":[]}\n"
            })
    void garbageIsMalformedAndNeverAnException(String garbage) {
        assertThat(read(garbage)).isInstanceOf(WireFormat.Read.Malformed.class);
    }

    @Test
    void headersAloneSurviveAsJson() {
        Random random = new Random(20260302);
        for (int round = 0; round < 500; round++) {
            Map<String, String> headers = new HashMap<>();
            for (int i = random.nextInt(5); i > 0; i--) {
                headers.put(text(random), text(random));
            }
            assertThat(WireFormat.headersFromJson(WireFormat.headersToJson(headers)))
                    .isEqualTo(headers);
        }
    }

    @Test
    void headersAreWrittenInOneOrder() {
        assertThat(WireFormat.headersToJson(Map.of("b", "2", "a", "1"))).isEqualTo("{\"a\":\"1\",\"b\":\"2\"}");
    }

    @Test
    void headersOfAForeignProducerBecomeText() {
        assertThat(WireFormat.headersFromJson("{\"n\": 1, \"flag\": true}"))
                .isEqualTo(Map.of("n", "1", "flag", "true"));
    }

    @Test
    void headersThatAreNoJsonObjectAreRefused() {
        for (String wrong : List.of("", "no JSON", "[1]", "\"text\"", "null", "{\"a\":", "[".repeat(100_000))) {
            assertThatThrownBy(() -> WireFormat.headersFromJson(wrong))
                    .as(wrong.substring(0, Math.min(10, wrong.length())))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("not a JSON object");
        }
    }

    @Test
    void aMillionOpeningBracketsAreMalformed() {
        assertThat(read("[".repeat(1_000_000) + "\n")).isInstanceOf(WireFormat.Read.Malformed.class);
        assertThat(read("{\"a\":".repeat(100_000) + "\n")).isInstanceOf(WireFormat.Read.Malformed.class);
    }

    @Test
    void randomBytesAreReadWithoutAnException() {
        Random random = new Random(20260301);
        for (int round = 0; round < 2_000; round++) {
            byte[] noise = new byte[random.nextInt(60)];
            random.nextBytes(noise);
            noise = random.nextBoolean() ? noise : withLine(noise);
            assertThat(WireFormat.fromLine(Bytes.wrap(noise), "orders", "x")).isNotNull();
        }
    }

    @Test
    void aLineCutOffAnywhereIsReadWithoutAnException() {
        byte[] whole = WireFormat.toLine(FULL, PROGRESS, DUE).toArray();
        for (int length = 0; length < whole.length - FULL.payload().size(); length++) {
            assertThat(WireFormat.fromLine(Bytes.wrap(whole).slice(0, length), "mail.out", "x"))
                    .as("the first %d bytes", length)
                    .isInstanceOf(WireFormat.Read.Malformed.class);
        }
    }

    @Test
    void randomTasksSurviveBothForms() {
        for (long seed = 1; seed <= 500; seed++) {
            Random random = new Random(seed);
            Envelope envelope = randomEnvelope(random);
            Progress progress = randomProgress(random);
            Instant due = random.nextBoolean() ? Instant.ofEpochMilli(random.nextLong(1L << 45)) : null;
            WireFormat.Read expected = new WireFormat.Read.Task(envelope, Optional.ofNullable(due), progress);

            assertThat(WireFormat.fromLine(WireFormat.toLine(envelope, progress, due), envelope.topic(), "x"))
                    .as("line, seed %d", seed)
                    .isEqualTo(expected);
            assertThat(WireFormat.fromHeaders(
                            WireFormat.toHeaders(envelope, progress, due), envelope.payload(), envelope.topic(), "x"))
                    .as("headers, seed %d", seed)
                    .isEqualTo(expected);
        }
    }

    private static Envelope randomEnvelope(Random random) {
        byte[] payload = new byte[random.nextInt(300)];
        random.nextBytes(payload);
        Map<String, String> headers = new LinkedHashMap<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            headers.put("h" + random.nextInt(100), text(random));
        }
        return new Envelope(
                "task-" + text(random),
                "topic." + random.nextInt(1000),
                Start.now(),
                random.nextInt(10),
                headers,
                Bytes.wrap(payload),
                maybe(random, new Deduplication(text(random) + "!", Duration.ofMillis(1 + random.nextInt(1 << 30)))),
                maybe(random, text(random)),
                random.nextBoolean() ? OptionalInt.of(1 + random.nextInt(10_000)) : OptionalInt.empty(),
                maybe(random, Duration.ofNanos(1 + random.nextLong(1L << 60))),
                Instant.ofEpochSecond(random.nextLong(1L << 35), random.nextInt(1_000_000_000)));
    }

    private static Progress randomProgress(Random random) {
        return new Progress(
                random.nextInt(3),
                random.nextInt(10_000),
                random.nextInt(3),
                random.nextBoolean(),
                maybe(random, text(random)));
    }

    private static <T> Optional<T> maybe(Random random, T value) {
        return random.nextBoolean() ? Optional.of(value) : Optional.empty();
    }

    /** Any characters but lone surrogates, which no UTF-8 can hold. */
    private static String text(Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(12); i > 0; i--) {
            int point = random.nextInt(random.nextBoolean() ? 128 : Character.MAX_CODE_POINT + 1);
            text.appendCodePoint(point >= 0xD800 && point <= 0xDFFF ? '\n' : point);
        }
        return text.toString();
    }

    private static byte[] withLine(byte[] noise) {
        return ("{\"bq" + new String(noise, StandardCharsets.ISO_8859_1) + "\n").getBytes(StandardCharsets.ISO_8859_1);
    }

    private static WireFormat.Read read(String text) {
        return read(Bytes.utf8(text));
    }

    private static WireFormat.Read read(Bytes bytes) {
        return WireFormat.fromLine(bytes, "orders", "foreign");
    }

    private static Bytes payloadOf(Bytes line) {
        return ((WireFormat.Read.Task) read(line)).envelope().payload();
    }
}
