package io.backgroundqueue;

import static io.backgroundqueue.Refused.invalid;
import static io.backgroundqueue.Refused.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.QueueException.Kind;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeadersTest {
    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "a:b", "a/b", "ä", "a\n", "a=b", "日本"})
    void aNameHasLettersDigitsDotsDashesAndUnderscores(String name) {
        invalid(() -> EnqueueOptions.DEFAULT.header(name, "x"), "'" + name + "'", "A-Z a-z 0-9 . _ -");
    }

    @ParameterizedTest
    @ValueSource(strings = {"id", "type", "time", "bq", "bqpriority", "bq-mine"})
    void theNamesOfTheWireFormatAreReserved(String name) {
        invalid(() -> EnqueueOptions.DEFAULT.header(name, "x"), "'" + name + "'", "reserved");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "ID", "Content-Type", "traceparent", "x.y_z-1", "BQ"})
    void ordinaryNamesAreLegal(String name) {
        assertThat(EnqueueOptions.DEFAULT.header(name, "äöü\n𝄞").headers()).containsEntry(name, "äöü\n𝄞");
    }

    @Test
    void atMost64TravelWithATask() {
        EnqueueOptions full = EnqueueOptions.DEFAULT;
        for (int i = 0; i < 64; i++) {
            full = full.header("h" + i, "");
        }
        EnqueueOptions options = full;

        assertThat(options.header("h0", "again").headers()).hasSize(64);
        refused(Kind.TOO_LARGE, () -> options.header("h64", ""), "65 headers", "64");
    }

    @Test
    void namesAndValuesTogetherTakeAtMost8KiB() {
        assertThat(EnqueueOptions.DEFAULT.header("h", "x".repeat(8191)).headers())
                .hasSize(1);
        refused(Kind.TOO_LARGE, () -> EnqueueOptions.DEFAULT.header("h", "x".repeat(8192)), "8193 bytes", "8192");
        refused(Kind.TOO_LARGE, () -> EnqueueOptions.DEFAULT.header("h", "ä".repeat(4096)), "8193 bytes", "payload");
        invalid(() -> EnqueueOptions.DEFAULT.header("h".repeat(129), ""), "1 to 128");
    }

    @Test
    void laterChangesOfTheMapAreNotSeen() {
        Map<String, String> mine = new HashMap<>(Map.of("a", "1"));
        Map<String, String> checked = Headers.checked(mine);
        mine.put("b", "2");

        assertThat(checked).isEqualTo(Map.of("a", "1"));
    }

    @Test
    void mergingWithDefaultsKeepsTheBounds() {
        Map<String, String> many = IntStream.range(0, 40).boxed().collect(Collectors.toMap(i -> "a" + i, i -> ""));
        EnqueueOptions mine = EnqueueOptions.DEFAULT;
        EnqueueOptions defaults = EnqueueOptions.DEFAULT;
        for (String name : many.keySet()) {
            mine = mine.header(name, "");
            defaults = defaults.header("b" + name, "");
        }
        EnqueueOptions asked = mine;
        EnqueueOptions given = defaults;

        refused(Kind.TOO_LARGE, () -> asked.orElse(given), "80 headers");
    }
}
