package io.backgroundqueue.inmemory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.QueueUrl;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class InMemoryKeyValueStoreTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final ManualTime time = new ManualTime(Instant.EPOCH);
    private final InMemoryKeyValueStore.Entries entries = new InMemoryKeyValueStore.Entries(time);
    private final KeyValueStore store = new InMemoryKeyValueStore(entries, () -> {});
    private final InMemoryKeyValueStoreProvider provider = new InMemoryKeyValueStoreProvider();

    @Test
    void onlyTheFirstPutIsStored() {
        assertThat(store.putIfAbsent("k", "one", MINUTE)).isTrue();
        assertThat(store.putIfAbsent("k", "two", MINUTE)).isFalse();
        assertThat(store.get("k")).contains("one");
        assertThat(store.get("other")).isEmpty();
    }

    @Test
    void aChangeNeedsTheExpectedValueAndRenewsTheTimeToLive() {
        store.putIfAbsent("k", "one", MINUTE);
        assertThat(store.compareAndSet("k", "none", "two", MINUTE)).isFalse();
        assertThat(store.compareAndSet("other", "one", "two", MINUTE)).isFalse();
        time.advance(Duration.ofSeconds(59));
        assertThat(store.compareAndSet("k", "one", "two", MINUTE)).isTrue();
        time.advance(Duration.ofSeconds(59));

        assertThat(store.get("k")).contains("two");
    }

    @Test
    void aDeleteNeedsTheExpectedValue() {
        store.putIfAbsent("k", "one", MINUTE);
        assertThat(store.compareAndDelete("k", "two")).isFalse();
        assertThat(store.compareAndDelete("k", "one")).isTrue();
        assertThat(store.get("k")).isEmpty();
        assertThat(store.putIfAbsent("k", "three", MINUTE)).isTrue();
    }

    @Test
    void anEntryIsGoneAtItsTimeAndTakesNoRoomAnyMore() {
        for (int i = 0; i < 100; i++) {
            store.putIfAbsent("k" + i, "v", MINUTE);
        }
        time.advance(MINUTE.minusNanos(1));
        assertThat(store.get("k7")).contains("v");
        time.advance(Duration.ofNanos(1));

        assertThat(store.get("k7")).isEmpty();
        assertThat(entries.map().size()).isZero();
    }

    @Test
    void anEntryThatWasReplacedIsNotTakenByTheOldDeadline() {
        store.putIfAbsent("k", "one", MINUTE);
        store.compareAndDelete("k", "one");
        store.putIfAbsent("k", "two", Duration.ofHours(1));
        time.advance(MINUTE);

        assertThat(store.get("k")).contains("two");
    }

    @Test
    void aWallClockThatJumpsEndsNoEntry() {
        store.putIfAbsent("k", "one", MINUTE);
        time.jump(Duration.ofDays(1));

        assertThat(store.get("k")).contains("one");
    }

    @Test
    void whatIsOutOfRangeIsRefusedWithItsValue() {
        assertThatThrownBy(() -> store.get("")).hasMessageContaining("0 characters");
        assertThatThrownBy(() -> store.get("x".repeat(513))).hasMessageContaining("513 characters");
        assertThatThrownBy(() -> store.putIfAbsent("k", "x".repeat(65_537), MINUTE))
                .hasMessageContaining("65537 bytes");
        assertThatThrownBy(() -> store.putIfAbsent("k", "v", Duration.ZERO)).hasMessageContaining("PT0S");
    }

    @Test
    void aNameIsSharedWhileSomebodyHasItOpen() {
        KeyValueStore one = open("memory:marks");
        KeyValueStore two = open("memory:marks");
        one.putIfAbsent("k", "v", MINUTE);
        one.close();
        one.close();
        assertThat(two.get("k")).contains("v");
        assertThat(open("memory:").get("k")).isEmpty();
        two.close();

        KeyValueStore afresh = open("memory:marks");
        assertThat(afresh.get("k")).isEmpty();
        afresh.close();
    }

    @Test
    void aNameRunsOnOneClock() {
        KeyValueStore first = open("memory:clocked");
        assertThatThrownBy(() -> provider.open(QueueUrl.parse("memory:clocked"), Time.system()))
                .hasMessageContaining("another clock");
        first.close();
        provider.open(QueueUrl.parse("memory:clocked"), Time.system()).close();
    }

    @Test
    void aClosedStoreSaysSo() {
        store.close();
        assertThatThrownBy(() -> store.get("k"))
                .isInstanceOfSatisfying(
                        QueueException.class,
                        closed -> assertThat(closed.kind()).isEqualTo(QueueException.Kind.CLOSED));
    }

    private KeyValueStore open(String url) {
        return provider.open(QueueUrl.parse(url), time);
    }
}
