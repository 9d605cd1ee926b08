package io.backgroundqueue;

import static io.backgroundqueue.Refused.invalid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.backgroundqueue.inmemory.InMemoryKeyValueStore;
import io.backgroundqueue.inmemory.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class IdempotencyTest {
    private static final Duration DAY = Duration.ofDays(1);
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final ManualTime time = new ManualTime(Instant.EPOCH);
    private final KeyValueStore store = new InMemoryKeyValueStore(time);
    private final AtomicInteger effects = new AtomicInteger();

    @Test
    void anEffectTakesPlaceOncePerKey() throws Exception {
        assertThat(once("a")).isTrue();
        assertThat(once("a")).isFalse();
        assertThat(once("b")).isTrue();

        assertThat(effects).hasValue(2);
    }

    @Test
    void anEffectIsForgottenAfterItsTime() throws Exception {
        once("a");
        time.advance(DAY.minusNanos(1));
        assertThat(once("a")).isFalse();
        time.advance(Duration.ofNanos(1));

        assertThat(once("a")).isTrue();
    }

    @Test
    void aFailureIsThrownAndGivesTheClaimUpSoThatARetryRuns() throws Exception {
        IOException failure = new IOException("mail server away");

        assertThatThrownBy(() -> Idempotency.once(store, "a", DAY, () -> {
                    throw failure;
                }))
                .isSameAs(failure);
        assertThatThrownBy(() -> Idempotency.once(store, "a", DAY, () -> {
                    throw new StackOverflowError("an Error too");
                }))
                .isInstanceOf(StackOverflowError.class);
        assertThat(once("a")).isTrue();
    }

    @Test
    void whoComesWhileItRunsElsewhereIsToldToComeLater() throws Exception {
        Idempotency.once(store, "a", DAY, MINUTE, () -> {
            RetryLaterException later = catchThrowableOfType(RetryLaterException.class, () -> once("a"));
            assertThat(later.delay()).isEqualTo(Duration.ofSeconds(1));
        });

        assertThat(effects).hasValue(0);
        assertThat(once("a")).isFalse();
    }

    @Test
    void aClaimOfLessThanASecondIsAskedForAgainWhenItEnds() throws Exception {
        Duration brief = Duration.ofMillis(200);
        Idempotency.once(store, "a", DAY, brief, () -> {
            RetryLaterException later = catchThrowableOfType(
                    RetryLaterException.class,
                    () -> Idempotency.once(store, "a", DAY, brief, effects::incrementAndGet));
            assertThat(later.delay()).isEqualTo(brief);
        });
    }

    @Test
    void theClaimOfAProcessThatDiedRunsOutAndTheEffectTakesPlace() throws Exception {
        store.putIfAbsent("a", "P|of a process that died", MINUTE);
        assertThatThrownBy(() -> once("a")).isInstanceOf(RetryLaterException.class);
        time.advance(MINUTE);

        assertThat(once("a")).isTrue();
    }

    @Test
    void whoOutlastsItsClaimTakesNothingFromWhoeverClaimedAfterIt() throws Exception {
        Idempotency.once(store, "a", DAY, MINUTE, () -> {
            time.advance(MINUTE);
            store.putIfAbsent("a", "P|of another", MINUTE);
        });
        assertThat(store.get("a")).contains("P|of another");

        assertThatThrownBy(() -> Idempotency.once(store, "b", DAY, MINUTE, () -> {
                    time.advance(MINUTE);
                    store.putIfAbsent("b", "P|of another", MINUTE);
                    throw new IOException("late failure");
                }))
                .isInstanceOf(IOException.class);
        assertThat(store.get("b")).contains("P|of another");
    }

    @Test
    void ofManyAtTheSameTimeOneRuns() throws Exception {
        int callers = 16;
        CountDownLatch ready = new CountDownLatch(callers);
        ExecutorService threads = Executors.newFixedThreadPool(callers);
        try {
            List<Future<Boolean>> calls = new ArrayList<>();
            for (int i = 0; i < callers; i++) {
                calls.add(threads.submit(() -> {
                    ready.countDown();
                    Recorder.within(ready::await);
                    try {
                        return once("a");
                    } catch (RetryLaterException later) {
                        return false;
                    }
                }));
            }
            int ran = 0;
            for (Future<Boolean> call : calls) {
                ran += call.get() ? 1 : 0;
            }
            assertThat(ran).isEqualTo(1);
            assertThat(effects).hasValue(1);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void badDurationsAreRefusedBeforeAnythingIsClaimed() {
        invalid(() -> Idempotency.once(store, "a", Duration.ZERO, () -> {}), "ttl is 0");
        invalid(() -> Idempotency.once(store, "a", DAY, MINUTE.negated(), () -> {}), "claim is PT-1M");
        assertThat(store.get("a")).isEmpty();
    }

    private boolean once(String key) throws Exception {
        return Idempotency.once(store, key, DAY, effects::incrementAndGet);
    }
}
