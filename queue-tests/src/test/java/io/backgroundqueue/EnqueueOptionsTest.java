package io.backgroundqueue;

import static io.backgroundqueue.Refused.invalid;
import static io.backgroundqueue.Refused.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.QueueException.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EnqueueOptionsTest {
    private static final EnqueueOptions NONE = EnqueueOptions.DEFAULT;
    private static final Duration MINUTE = Duration.ofMinutes(1);

    @Test
    void nothingIsSetUnlessItIsSet() {
        assertThat(NONE.start()).isEmpty();
        assertThat(NONE.priority()).isEmpty();
        assertThat(NONE.attempts()).isEmpty();
        assertThat(NONE.deduplicationId()).isEmpty();
        assertThat(NONE.deduplicationWindow()).isEmpty();
        assertThat(NONE.expiresAfter()).isEmpty();
        assertThat(NONE.orderingKey()).isEmpty();
        assertThat(NONE.headers()).isEmpty();
    }

    @Test
    void everyOptionKeepsTheOthers() {
        EnqueueOptions options = NONE.delay(MINUTE)
                .priority(9)
                .attempts(7)
                .deduplicationId("id")
                .deduplicationWindow(MINUTE)
                .expiresAfter(MINUTE)
                .header("a", "1")
                .header("b", "2");

        assertThat(options.start()).contains(new Start.After(MINUTE));
        assertThat(options.priority()).hasValue(9);
        assertThat(options.attempts()).hasValue(7);
        assertThat(options.deduplicationId()).contains("id");
        assertThat(options.deduplicationWindow()).contains(MINUTE);
        assertThat(options.expiresAfter()).contains(MINUTE);
        assertThat(options.headers()).isEqualTo(Map.of("a", "1", "b", "2"));
        assertThat(NONE.orderingKey("k").attempts(2).delay(MINUTE).orderingKey())
                .contains("k");
        assertThat(NONE).isEqualTo(EnqueueOptions.DEFAULT).isNotEqualTo(options);
    }

    @Test
    void theLastStartWins() {
        Instant time = Instant.now().plusSeconds(60);

        assertThat(NONE.delay(MINUTE).runAt(time).start()).contains(new Start.At(time));
        assertThat(NONE.runAt(time).delay(MINUTE).start()).contains(new Start.After(MINUTE));
        assertThat(NONE.delay(Duration.ZERO).start()).contains(Start.now());
        assertThat(NONE.runAt(Instant.MIN).start()).contains(new Start.At(Instant.MIN));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 10, 12, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void aPriorityIsZeroToNine(int priority) {
        invalid(() -> NONE.priority(priority), "priority is " + priority, "0 to 9", "9 runs first");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 10_001, Integer.MAX_VALUE})
    void attemptsAreOneToTenThousand(int attempts) {
        invalid(() -> NONE.attempts(attempts), "attempts is " + attempts, "1 to 10000", "1 means no retry");
    }

    @Test
    void theEdgesAreLegal() {
        assertThat(NONE.priority(0).priority(9).attempts(1).attempts(10_000).attempts())
                .hasValue(10_000);
        assertThat(NONE.delay(Duration.ofDays(36_500)).start()).isPresent();
        assertThat(NONE.expiresAfter(Duration.ofNanos(1)).expiresAfter()).isPresent();
        assertThat(NONE.deduplicationId("x".repeat(256)).deduplicationId()).isPresent();
    }

    @Test
    void durationsOutOfBoundsAreRefusedWithTheirName() {
        invalid(() -> NONE.delay(Duration.ofMillis(-1)), "delay is PT-0.001S", "between 0 and 36500 days");
        invalid(() -> NONE.delay(Duration.ofSeconds(Long.MAX_VALUE)), "delay is PT", "36500 days");
        invalid(() -> NONE.expiresAfter(Duration.ZERO), "expiresAfter is 0");
        invalid(() -> NONE.expiresAfter(MINUTE.negated()), "expiresAfter is PT-1M");
        invalid(() -> NONE.deduplicationWindow(Duration.ZERO), "deduplicationWindow is 0");
        invalid(() -> NONE.deduplicationWindow(Duration.ofDays(36_501)), "deduplicationWindow is PT876024H");
        invalid(() -> NONE.runAt(Instant.MAX), "runAt is +1000000000-12-31", "36500 days");
    }

    @Test
    void idsHaveOneTo256Characters() {
        invalid(() -> NONE.deduplicationId(""), "deduplicationId is blank");
        invalid(() -> NONE.deduplicationId(" \t"), "deduplicationId is blank");
        invalid(() -> NONE.orderingKey(""), "orderingKey is blank");
        refused(Kind.TOO_LARGE, () -> NONE.deduplicationId("x".repeat(257)), "deduplicationId has 257", "256", "hash");
        refused(Kind.TOO_LARGE, () -> NONE.orderingKey("x".repeat(300)), "orderingKey has 300", "256");
    }

    @Test
    void anOrderAndAPriorityContradictEachOther() {
        invalid(() -> NONE.orderingKey("k").priority(3), "orderingKey 'k'", "priority 3", "Set one");
        invalid(() -> NONE.priority(3).orderingKey("k"), "orderingKey 'k'", "priority 3");
    }

    @Test
    void theCanonicalConstructorChecksToo() {
        invalid(
                () -> new EnqueueOptions(
                        NONE.start(),
                        OptionalInt.of(12),
                        NONE.attempts(),
                        NONE.deduplicationId(),
                        NONE.deduplicationWindow(),
                        NONE.expiresAfter(),
                        NONE.orderingKey(),
                        NONE.headers()),
                "priority is 12");
    }

    @Test
    void defaultsFillWhatIsNotSet() {
        EnqueueOptions defaults = NONE.delay(MINUTE)
                .priority(3)
                .attempts(9)
                .header("a", "default")
                .header("b", "default");
        EnqueueOptions filled = NONE.attempts(2).header("a", "mine").orElse(defaults);

        assertThat(filled.attempts()).hasValue(2);
        assertThat(filled.priority()).hasValue(3);
        assertThat(filled.start()).contains(new Start.After(MINUTE));
        assertThat(filled.headers()).isEqualTo(Map.of("a", "mine", "b", "default"));
        assertThat(filled.orElse(NONE)).isEqualTo(filled);
    }

    @Test
    void aDefaultNeverContradictsWhatIsSet() {
        assertThat(NONE.orderingKey("k").orElse(NONE.priority(3)).priority()).isEmpty();
        assertThat(NONE.priority(3).orElse(NONE.orderingKey("k")).orderingKey()).isEmpty();
        assertThat(NONE.orElse(NONE.orderingKey("k")).orderingKey()).contains("k");
    }
}
