package io.backgroundqueue.spi;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Start;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** The vectors of {@code docs/wire-format.md}, read and written: what the page says is what the code does. */
class WireFormatVectorsTest {
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```(vector[a-z-]*)\\n(.*?)\\n```$");
    private static final Pattern TABLE_ROW = Pattern.compile("(?m)^\\| `([a-z]+)` \\|");
    private static final String FOREIGN_ID = "partition-3-offset-1841";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    static List<String> vectors() {
        return blocks("vector");
    }

    static List<String> malformedVectors() {
        return blocks("vector-malformed");
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void aVectorIsWrittenBackByteForByte(String vector) {
        WireFormat.Read.Task task = task(vector);

        Bytes written =
                WireFormat.toLine(task.envelope(), task.progress(), task.due().orElse(null));

        assertThat(written.asUtf8()).isEqualTo(vector);
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void theHeaderFormOfAVectorSaysTheSame(String vector) {
        WireFormat.Read.Task task = task(vector);
        Map<String, String> headers = headerForm(vector);

        assertThat(WireFormat.toHeaders(
                        task.envelope(), task.progress(), task.due().orElse(null)))
                .isEqualTo(headers);
        assertThat(WireFormat.fromHeaders(headers, task.envelope().payload(), topic(vector), FOREIGN_ID))
                .isEqualTo(task);
    }

    @Test
    void theSmallestVectorLeavesEverythingElseAtItsDefault() {
        assertThat(task(vectors().get(0)))
                .isEqualTo(new WireFormat.Read.Task(
                        new Envelope(
                                "01985c3a-7e00-7b41-9c55-1f2e3d4c5b6a",
                                "analytics",
                                Start.now(),
                                0,
                                Map.of(),
                                Bytes.utf8("{\"steps\":12,\"tokens\":3400}"),
                                Optional.empty(),
                                Optional.empty(),
                                OptionalInt.empty(),
                                Optional.empty(),
                                Instant.parse("2026-01-31T08:15:30.123Z")),
                        Optional.empty(),
                        Progress.NONE));
    }

    @Test
    void theFullVectorMeansWhatThePageSays() {
        assertThat(task(vectors().get(1)))
                .isEqualTo(new WireFormat.Read.Task(
                        new Envelope(
                                "01985c3a-7e01-7c9d-8a10-77aa0b1c2d3e",
                                "orders.eu",
                                Start.now(),
                                9,
                                Map.of(
                                        "tenant",
                                        "eu",
                                        "traceparent",
                                        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
                                Bytes.utf8("{\"order\": 17,\n \"note\": \"Grüße\"}"),
                                Optional.of(new Deduplication("order-17", Duration.ofMinutes(10))),
                                Optional.of("customer-4"),
                                OptionalInt.of(5),
                                Optional.of(Duration.ofHours(26)),
                                Instant.parse("2026-01-31T08:15:30.123456789Z")),
                        Optional.of(Instant.parse("2026-01-31T08:35:30.123Z")),
                        new Progress(
                                4, 2, 1, true, Optional.of("java.io.IOException: \"Zürich\" timed out\nafter 3 s"))));
    }

    @Test
    void theFullVectorHasEveryFieldOfTheTable() {
        Set<String> documented = TABLE_ROW
                .matcher(section("Fields"))
                .results()
                .map(row -> row.group(1))
                .collect(toCollection(TreeSet::new));

        assertThat(metadata(vectors().get(1)).keySet()).containsExactlyInAnyOrderElementsOf(documented);
    }

    @Test
    void aForeignVectorIsATaskWithDefaults() {
        WireFormat.Read.Task task = task(only("vector-foreign"));

        assertThat(task.envelope())
                .isEqualTo(new Envelope(
                        FOREIGN_ID,
                        "foreign",
                        Start.now(),
                        7,
                        Map.of(),
                        Bytes.utf8("hello"),
                        Optional.empty(),
                        Optional.empty(),
                        OptionalInt.empty(),
                        Optional.empty(),
                        Instant.EPOCH));
        assertThat(task.due()).isEmpty();
        assertThat(task.progress()).isEqualTo(Progress.NONE);
    }

    @Test
    void aVectorOfALaterVersionIsTooNew() {
        assertThat(read(only("vector-too-new"))).isEqualTo(new WireFormat.Read.TooNew(WireFormat.VERSION + 1));
    }

    @ParameterizedTest
    @MethodSource("malformedVectors")
    void aMalformedVectorIsNoTask(String vector) {
        assertThat(read(vector)).isInstanceOf(WireFormat.Read.Malformed.class);
    }

    private static WireFormat.Read.Task task(String vector) {
        WireFormat.Read read = read(vector);
        assertThat(read).isInstanceOf(WireFormat.Read.Task.class);
        return (WireFormat.Read.Task) read;
    }

    private static WireFormat.Read read(String vector) {
        return WireFormat.fromLine(Bytes.utf8(vector), topic(vector), FOREIGN_ID);
    }

    private static String topic(String vector) {
        return vector.startsWith("{") ? String.valueOf(metadata(vector).getOrDefault("type", "foreign")) : "foreign";
    }

    private static Map<String, Object> metadata(String vector) {
        return JSON.readValue(vector.substring(0, vector.indexOf('\n')), new TypeReference<>() {});
    }

    private static Map<String, String> headerForm(String vector) {
        Map<String, String> headers = new TreeMap<>();
        metadata(vector).forEach((name, value) -> {
            if (value instanceof Map<?, ?> users) {
                users.forEach((user, text) -> headers.put(String.valueOf(user), String.valueOf(text)));
            } else {
                headers.put(name, String.valueOf(value));
            }
        });
        return headers;
    }

    private static String only(String kind) {
        assertThat(blocks(kind)).hasSize(1);
        return blocks(kind).get(0);
    }

    private static List<String> blocks(String kind) {
        return BLOCK.matcher(page())
                .results()
                .filter(block -> block.group(1).equals(kind))
                .map(block -> block.group(2))
                .toList();
    }

    private static String section(String title) {
        String page = page();
        int begin = page.indexOf("\n## " + title + "\n");
        assertThat(begin).as("the section " + title).isNotNegative();
        return page.substring(begin, page.indexOf("\n## ", begin + 1));
    }

    /** The page, from wherever inside the project the tests run. */
    private static String page() {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null) {
            Path page = folder.resolve("docs").resolve("wire-format.md");
            if (Files.exists(page)) {
                return text(page);
            }
            folder = folder.getParent();
        }
        throw new IllegalStateException("docs/wire-format.md is in no folder above the working directory");
    }

    private static String text(Path page) {
        try {
            return Files.readString(page).replace("\r\n", "\n");
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
