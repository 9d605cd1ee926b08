package io.backgroundqueue;

import static io.backgroundqueue.Refused.invalid;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {
    private static final Exception ERROR = new IOException("no route");
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void exponentialWaitsDoubleAndStayBetweenHalfAndTheWhole() {
        RetryPolicy policy = RetryPolicy.exponential(SECOND, Duration.ofSeconds(60));
        long[] seconds = {1, 2, 4, 8, 16, 32, 60, 60, 60};
        for (int failures = 1; failures <= seconds.length; failures++) {
            Duration whole = Duration.ofSeconds(seconds[failures - 1]);
            for (int round = 0; round < 300; round++) {
                assertThat(policy.backoff(failures, ERROR).orElseThrow())
                        .as("failure %d", failures)
                        .isBetween(whole.dividedBy(2), whole);
            }
        }
    }

    @Test
    void theJitterSpreadsTasksThatFailedTogether() {
        Set<Duration> waits = new HashSet<>();
        for (int task = 0; task < 100; task++) {
            waits.add(RetryPolicy.DEFAULT.backoff(5, ERROR).orElseThrow());
        }
        assertThat(waits).hasSizeGreaterThan(90);
    }

    @Test
    void neitherTenThousandFailuresNorTheLongestCapOverflow() {
        Duration longest = Duration.ofDays(36_500);
        for (int failures : new int[] {1, 63, 64, 65, 10_000, Integer.MAX_VALUE}) {
            assertThat(RetryPolicy.DEFAULT.backoff(failures, ERROR).orElseThrow())
                    .isBetween(Duration.ofMillis(500), Duration.ofHours(1));
            assertThat(RetryPolicy.exponential(longest, longest)
                            .backoff(failures, ERROR)
                            .orElseThrow())
                    .isBetween(longest.dividedBy(2), longest);
        }
        assertThat(RetryPolicy.exponential(Duration.ofNanos(1), longest)
                        .backoff(10_000, ERROR)
                        .orElseThrow())
                .isBetween(longest.dividedBy(2), longest);
    }

    @Test
    void aCapBelowTheBaseWins() {
        assertThat(RetryPolicy.exponential(Duration.ofMinutes(1), SECOND)
                        .backoff(1, ERROR)
                        .orElseThrow())
                .isBetween(SECOND.dividedBy(2), SECOND);
    }

    @Test
    void fixedAndListedWaitsAreExact() {
        assertThat(RetryPolicy.fixed(SECOND).backoff(99, ERROR)).contains(SECOND);
        assertThat(RetryPolicy.fixed(Duration.ZERO).backoff(1, ERROR)).contains(Duration.ZERO);
        RetryPolicy listed = RetryPolicy.waits(SECOND, SECOND.multipliedBy(5));
        assertThat(listed.backoff(1, ERROR)).contains(SECOND);
        assertThat(listed.backoff(2, ERROR)).contains(SECOND.multipliedBy(5));
        assertThat(listed.backoff(10_000, ERROR)).contains(SECOND.multipliedBy(5));
    }

    @Test
    void somePoliciesGiveUp() {
        RetryPolicy policy = RetryPolicy.fixed(SECOND).notOn(IOException.class);

        assertThat(RetryPolicy.none().backoff(1, ERROR)).isEmpty();
        assertThat(policy.backoff(1, new FileNotFoundException("a subtype"))).isEmpty();
        assertThat(policy.backoff(1, new Exception("another"))).contains(SECOND);
    }

    @Test
    void badWaitsAreRefused() {
        invalid(() -> RetryPolicy.exponential(Duration.ZERO, SECOND), "base of the backoff is 0");
        invalid(() -> RetryPolicy.exponential(SECOND, SECOND.negated()), "cap of the backoff is PT-1S");
        invalid(() -> RetryPolicy.fixed(SECOND.negated()), "wait of the backoff is PT-1S");
        invalid(() -> RetryPolicy.waits(), "at least one");
        invalid(() -> RetryPolicy.waits(SECOND, SECOND.negated()), "PT-1S");
        invalid(() -> new RetryLaterException(SECOND.negated()), "RetryLaterException is PT-1S");
        assertThat(new RetryLaterException(SECOND).delay()).isEqualTo(SECOND);
    }
}
