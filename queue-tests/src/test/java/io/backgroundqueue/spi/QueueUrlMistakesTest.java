package io.backgroundqueue.spi;

import static io.backgroundqueue.Refused.invalid;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.BackgroundQueues;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Mistakes that people make when they write a URL. */
class QueueUrlMistakesTest {
    @Test
    void aBrokenPercentCodeIsRefusedAsAnInvalidUrl() {
        invalid(() -> QueueUrl.parse("memory:?name=100%"), "100%");
        invalid(() -> QueueUrl.parse("memory:a%zz").path(), "%zz");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis://me:hun/ter2@host:6379/0",
                "redis://me:hun?ter2@host:6379/0",
                "redis://:hun#/ter2@host",
                "redis://me:1/hunter2@host:6379/0",
                "amqp://me:hun/ter2@host/vhost?heartbeat=5s"
            })
    void aPasswordThatShouldHaveBeenEncodedIsStillNotPrinted(String url) {
        assertThat(QueueUrl.redact(url)).doesNotContain("hun").doesNotContain("ter2");
        assertThat(invalid(() -> BackgroundQueues.open(url), url.substring(0, url.indexOf(':'))))
                .hasNoCause()
                .satisfies(error ->
                        assertThat(error.getMessage()).doesNotContain("hun").doesNotContain("ter2"));
    }

    @Test
    void aUrlWhoseSchemeWasForgottenDoesNotTellItsPassword() {
        assertThat(invalid(() -> BackgroundQueues.open("me:hunter2@host:6379"), "scheme"))
                .satisfies(error -> assertThat(error.getMessage()).doesNotContain("hunter2"));
    }
}
