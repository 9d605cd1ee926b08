package io.backgroundqueue;

import static io.backgroundqueue.Refused.invalid;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerOptionsTest {
    private static final WorkerOptions NONE = WorkerOptions.DEFAULT;
    private static final Duration MINUTE = Duration.ofMinutes(1);

    @Test
    void nothingIsSetUnlessItIsSetAndEveryOptionKeepsTheOthers() {
        RetryPolicy policy = RetryPolicy.none();
        WorkerOptions all = NONE.concurrency(7)
                .attempts(2)
                .maxInterruptions(0)
                .leaseDuration(MINUTE)
                .timeout(MINUTE)
                .retryPolicy(policy)
                .prefetch(0);

        assertThat(all.concurrency()).hasValue(7);
        assertThat(all.attempts()).hasValue(2);
        assertThat(all.maxInterruptions()).hasValue(0);
        assertThat(all.leaseDuration()).contains(MINUTE);
        assertThat(all.timeout()).contains(MINUTE);
        assertThat(all.retryPolicy()).contains(policy);
        assertThat(all.prefetch()).hasValue(0);
        assertThat(NONE.concurrency()).isEmpty();
        assertThat(NONE.orElse(all)).isEqualTo(all);
        assertThat(all.orElse(NONE)).isEqualTo(all);
        assertThat(NONE.attempts(5).orElse(all)).isEqualTo(all.attempts(5));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 10_001})
    void concurrencyAndAttemptsHaveBounds(int value) {
        invalid(() -> NONE.concurrency(value), "concurrency is " + value, "1 to 10000");
        invalid(() -> NONE.attempts(value), "attempts is " + value, "1 to 10000");
    }

    @Test
    void theOtherNumbersHaveBounds() {
        invalid(() -> NONE.maxInterruptions(-1), "maxInterruptions is -1", "0 to 1000000");
        invalid(() -> NONE.prefetch(-1), "prefetch is -1", "0 to 100000");
    }

    @Test
    void durationsHaveBounds() {
        invalid(() -> NONE.timeout(Duration.ZERO), "timeout is 0");
        invalid(() -> NONE.timeout(MINUTE.negated()), "timeout is PT-1M");
        invalid(() -> NONE.leaseDuration(Duration.ZERO), "leaseDuration is 0");
        invalid(() -> NONE.leaseDuration(Duration.ofMillis(99)), "leaseDuration is PT0.099S", "PT0.1S");
        invalid(() -> NONE.leaseDuration(Duration.ofDays(40_000)), "leaseDuration is PT960000H", "36500 days");
        assertThat(NONE.leaseDuration(Duration.ofMillis(100)).leaseDuration()).isPresent();
    }
}
