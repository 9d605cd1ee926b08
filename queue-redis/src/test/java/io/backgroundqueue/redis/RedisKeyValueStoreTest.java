package io.backgroundqueue.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.KeyValueStore.Put;
import io.backgroundqueue.KeyValueStore.Swap;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.brokers.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RedisKeyValueStoreTest {
    private static final Duration TTL = Duration.ofMinutes(1);

    private final String key = "käse " + UUID.randomUUID();
    private Lab lab;
    private KeyValueStore store;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.shared();
        store = lab.closeLater(BackgroundQueues.openStore(lab.broker().url()));
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void aValueIsStoredOnce() {
        assertThat(store.get(key)).isEmpty();
        assertThat(store.putIfAbsent(key, "first", TTL)).isTrue();
        assertThat(store.putIfAbsent(key, "second", TTL)).isFalse();
        assertThat(store.get(key)).hasValue("first");
    }

    @Test
    void onlyTheValueExpectedIsReplacedOrRemoved() {
        store.putIfAbsent(key, "one", TTL);

        assertThat(store.compareAndSet(key, "other", "two", TTL)).isFalse();
        assertThat(store.compareAndSet(key, "one", "two", TTL)).isTrue();
        assertThat(store.compareAndDelete(key, "one")).isFalse();
        assertThat(store.compareAndDelete(key, "two")).isTrue();
        assertThat(store.compareAndDelete(key, "two")).isFalse();
        assertThat(store.compareAndSet(key, "two", "three", TTL)).isFalse();
    }

    @Test
    void anEntryIsGoneWhenItsTimeIsOver() throws Exception {
        store.putIfAbsent(key, "short", Duration.ofMillis(300));
        assertThat(store.get(key)).hasValue("short");
        Lab.until(() -> store.get(key).isEmpty(), "the entry should expire");

        store.putIfAbsent(key, "short", Duration.ofMillis(300));
        store.compareAndSet(key, "short", "long", TTL);
        assertThat(lab.rawNumber("PTTL", "{bq}::kv:" + key)).isGreaterThan(30_000);
    }

    @Test
    void batchesAnswerInOrderInOneRoundTrip() {
        List<String> keys = List.of(key + 1, key + 2, key + 3);
        store.putIfAbsent(key + 2, "there", TTL);

        assertThat(store.putAllIfAbsent(
                        keys.stream().map(one -> new Put(one, "new", TTL)).toList()))
                .containsExactly(true, false, true);
        assertThat(store.compareAndSetAll(keys.stream()
                        .map(one -> new Swap(one, "there", "newer", TTL))
                        .toList()))
                .containsExactly(false, true, false);
        assertThat(store.getAll(List.of(key + 1, key + 2, key + 4)))
                .containsExactly(Optional.of("new"), Optional.of("newer"), Optional.empty());
        assertThat(store.getAll(List.of())).isEmpty();
    }

    @Test
    void anEmptyValueIsAValue() {
        assertThat(store.putIfAbsent(key, "", TTL)).isTrue();
        assertThat(store.get(key)).hasValue("");
        assertThat(store.compareAndDelete(key, "")).isTrue();
    }

    @Test
    void whatIsTooLargeOrWrongIsRefused() {
        assertKind(Kind.INVALID, () -> store.get(""));
        assertKind(Kind.INVALID, () -> store.get("k".repeat(513)));
        assertKind(Kind.INVALID, () -> store.putIfAbsent(key, "v", Duration.ZERO));
        assertKind(Kind.TOO_LARGE, () -> store.putIfAbsent(key, "v".repeat(65_537), TTL));
        assertKind(Kind.INVALID, () -> RedisKeyValueStore.open(lab.broker().url() + "?prefx=x"));
    }

    @Test
    void aServerThatIsAwayIsUnavailableAndFoundAgain() throws Exception {
        try (RedisServer server = RedisServer.launch();
                KeyValueStore own = RedisKeyValueStore.open(server.url() + "?prefix=own")) {
            own.putIfAbsent(key, "kept", TTL);
            server.kill();
            assertKind(Kind.UNAVAILABLE, () -> own.get(key));
            server.start();
            assertThat(own.get(key)).hasValue("kept");
        }
    }

    @Test
    void aClosedStoreSaysSo() {
        store.close();
        assertKind(Kind.CLOSED, () -> store.get(key));
    }

    private static void assertKind(Kind kind, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        QueueException.class,
                        thrown -> assertThat(thrown.kind()).isEqualTo(kind));
    }
}
