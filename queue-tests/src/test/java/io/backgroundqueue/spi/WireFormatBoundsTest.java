package io.backgroundqueue.spi;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Bytes;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Values that no producer can mean: read as they stand they would drop a task, or run it without end. */
class WireFormatBoundsTest {
    @ParameterizedTest
    @CsvSource({
        "bqattempts, 0",
        "bqattempts, -1",
        "bqfailures, -1",
        "bqverdicts, -1",
        "bqinterruptions, -1",
        "bqversion, -1",
        "bqreplayed, maybe",
        "bqexpires, PT-1S",
        "bqexpires, PT0S",
        "bqdedupwindow, PT-5M",
        "bqdedupwindow, PT0S",
        "id, ''"
    })
    void aValueOutOfItsBoundsIsMalformed(String field, String value) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("bqversion", "1");
        headers.put("bqdedup", "click");
        headers.put(field, value);

        assertThat(WireFormat.fromHeaders(headers, Bytes.EMPTY, "orders", "x"))
                .isInstanceOf(WireFormat.Read.Malformed.class);
    }
}
