package io.backgroundqueue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonCodecTest {
    record Mail(String to, Instant when, Optional<String> subject, List<Integer> parts) {}

    private final JsonCodec codec = new JsonCodec();

    @Test
    void aRecordWithTimesOptionalsAndListsSurvives() {
        Mail mail = new Mail("ä@b", Instant.parse("2026-03-01T10:15:30.5Z"), Optional.of("hi"), List.of(1, 2));

        assertThat(codec.decode(codec.encode(mail), PayloadType.of(Mail.class))).isEqualTo(mail);
    }

    @Test
    void aFieldThatTheReaderDoesNotKnowIsIgnoredSoThatProducersMayBeNewer() {
        assertThat(codec.decode(Bytes.utf8("{\"to\":\"a\",\"newer\":[{}]}"), PayloadType.of(Mail.class))
                        .to())
                .isEqualTo("a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "", "{", "{} trailing", "[]", "{\"parts\":\"x\"}"})
    void whatIsNoPayloadOfTheTypeIsAnException(String json) {
        assertThatThrownBy(() -> codec.decode(Bytes.utf8(json), PayloadType.of(Mail.class)))
                .isInstanceOf(RuntimeException.class);
    }
}
