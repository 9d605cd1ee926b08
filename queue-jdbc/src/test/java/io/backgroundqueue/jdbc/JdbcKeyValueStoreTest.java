package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.KeyValueStore.Put;
import io.backgroundqueue.KeyValueStore.Swap;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(LabDatabase.class)
class JdbcKeyValueStoreTest {
    private static final Duration TTL = Duration.ofMinutes(1);
    private static final String KEY = "käse 💥";

    @Parameter
    LabDatabase database;

    private Lab lab;
    private KeyValueStore store;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.on(database);
        store = lab.closeLater(BackgroundQueues.openStore(lab.url()));
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void aValueIsStoredOnce() {
        assertThat(store.get(KEY)).isEmpty();
        assertThat(store.putIfAbsent(KEY, "first", TTL)).isTrue();
        assertThat(store.putIfAbsent(KEY, "second", TTL)).isFalse();
        assertThat(store.get(KEY)).hasValue("first");
    }

    @Test
    void ofManyAtOnceOneStoresAValue() throws Exception {
        List<Future<Boolean>> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            String value = "value " + i;
            all.add(Lab.beside("put", () -> store.putIfAbsent(KEY, value, TTL)));
        }
        int stored = 0;
        for (Future<Boolean> one : all) {
            stored += one.get() ? 1 : 0;
        }
        assertThat(stored).isEqualTo(1);
    }

    @Test
    void onlyTheValueExpectedIsReplacedOrRemoved() {
        store.putIfAbsent(KEY, "one", TTL);

        assertThat(store.compareAndSet(KEY, "other", "two", TTL)).isFalse();
        assertThat(store.compareAndSet(KEY, "one", "two", TTL)).isTrue();
        assertThat(store.compareAndDelete(KEY, "one")).isFalse();
        assertThat(store.compareAndDelete(KEY, "two")).isTrue();
        assertThat(store.compareAndDelete(KEY, "two")).isFalse();
        assertThat(store.compareAndSet(KEY, "two", "three", TTL)).isFalse();
    }

    @Test
    void anEntryIsGoneWhenItsTimeIsOver() throws Exception {
        store.putIfAbsent(KEY, "short", Duration.ofMillis(300));
        assertThat(store.get(KEY)).hasValue("short");
        Lab.until(() -> store.get(KEY).isEmpty(), "the entry should expire");
        assertThat(store.compareAndSet(KEY, "short", "x", TTL)).isFalse();
        assertThat(store.compareAndDelete(KEY, "short")).isFalse();

        assertThat(store.putIfAbsent(KEY, "again", TTL)).isTrue();
    }

    @Test
    void aReplacedEntryLivesForItsNewTime() throws Exception {
        store.putIfAbsent(KEY, "short", Duration.ofMillis(500));
        assertThat(store.compareAndSet(KEY, "short", "long", TTL)).isTrue();
        store.putIfAbsent(KEY + " beside", "short", Duration.ofMillis(500));
        Lab.until(() -> store.get(KEY + " beside").isEmpty(), "the time that both had should be over");
        assertThat(store.get(KEY)).hasValue("long");
    }

    @Test
    void batchesAnswerInOrder() {
        List<String> keys = List.of(KEY + 1, KEY + 2, KEY + 3);
        store.putIfAbsent(KEY + 2, "there", TTL);

        assertThat(store.putAllIfAbsent(
                        keys.stream().map(one -> new Put(one, "new", TTL)).toList()))
                .containsExactly(true, false, true);
        assertThat(store.compareAndSetAll(keys.stream()
                        .map(one -> new Swap(one, "there", "newer", TTL))
                        .toList()))
                .containsExactly(false, true, false);
        assertThat(store.getAll(List.of(KEY + 1, KEY + 2, KEY + 4)))
                .containsExactly(Optional.of("new"), Optional.of("newer"), Optional.empty());
        assertThat(store.getAll(List.of())).isEmpty();
    }

    @Test
    void aKeyTwiceInOneBatchIsStoredOnce() {
        assertThat(store.putAllIfAbsent(List.of(new Put(KEY, "a", TTL), new Put(KEY, "b", TTL))))
                .containsExactly(true, false);
        assertThat(store.get(KEY)).hasValue("a");
    }

    @Test
    void anEmptyValueIsAValue() {
        assertThat(store.putIfAbsent(KEY, "", TTL)).isTrue();
        assertThat(store.get(KEY)).hasValue("");
        assertThat(store.compareAndDelete(KEY, "")).isTrue();
    }

    @Test
    void whatIsTooLargeOrWrongIsRefused() {
        assertKind(Kind.INVALID, () -> store.get(""));
        assertKind(Kind.INVALID, () -> store.get("k".repeat(513)));
        assertKind(Kind.INVALID, () -> store.putIfAbsent(KEY, "v", Duration.ZERO));
        assertKind(Kind.TOO_LARGE, () -> store.putIfAbsent(KEY, "v".repeat(65_537), TTL));
        assertKind(Kind.INVALID, () -> JdbcKeyValueStore.open(lab.with("prefx=x")));
    }

    @Test
    void aKeyOf512CharactersIsTaken() {
        String longest = "ä".repeat(512);
        assertThat(store.putIfAbsent(longest, "v", TTL)).isTrue();
        assertThat(store.get(longest)).hasValue("v");
    }

    @Test
    void aClosedStoreSaysSo() {
        store.close();
        assertKind(Kind.CLOSED, () -> store.get(KEY));
    }

    private static void assertKind(Kind kind, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        QueueException.class,
                        thrown -> assertThat(thrown.kind()).isEqualTo(kind));
    }
}
