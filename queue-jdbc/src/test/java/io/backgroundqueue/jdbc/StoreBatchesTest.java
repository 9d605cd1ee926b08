package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.KeyValueStore.Put;
import io.backgroundqueue.KeyValueStore.Swap;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Batches of the store are written together, and races within them have one winner. */
@ParameterizedClass
@EnumSource(LabDatabase.class)
class StoreBatchesTest {
    private static final Duration TTL = Duration.ofMinutes(1);
    private static final int KEYS = 500;

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
    void aBatchIsOneTransaction() throws Exception {
        if (database == LabDatabase.H2) {
            return;
        }
        store.putIfAbsent("warm", "v", TTL);

        store.putAllIfAbsent(puts("v"));
        store.compareAndSetAll(puts("v").stream()
                .map(put -> new Swap(put.key(), "v", "w", TTL))
                .toList());

        // Rows that one transaction has written have its number.
        assertThat(lab.number("SELECT count(DISTINCT xmin::text) FROM bq_kv WHERE name <> 'warm'"))
                .isEqualTo(1);
        assertThat(lab.number("SELECT count(*) FROM bq_kv WHERE content = 'w'")).isEqualTo(KEYS);
    }

    @Test
    void batchesInAnyOrderAtOnceStoreEveryKeyOnce() throws Exception {
        List<Future<List<Boolean>>> all = new ArrayList<>();
        List<List<Put>> batches = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            List<Put> batch = new ArrayList<>(puts("of " + i));
            Collections.shuffle(batch);
            batches.add(batch);
            all.add(Lab.beside("put", () -> store.putAllIfAbsent(batch)));
        }
        int stored = 0;
        for (int i = 0; i < all.size(); i++) {
            List<Boolean> answers = all.get(i).get();
            for (int n = 0; n < KEYS; n++) {
                Put put = batches.get(i).get(n);
                if (answers.get(n)) {
                    stored++;
                    assertThat(store.get(put.key())).hasValue(put.value());
                }
            }
        }
        assertThat(stored).isEqualTo(KEYS);
    }

    @Test
    void anExpiredEntryIsTakenOverByTheFirstOfABatch() throws Exception {
        store.putIfAbsent("k", "old", Duration.ofMillis(50));
        Lab.until(() -> store.get("k").isEmpty(), "the entry should expire");

        assertThat(store.putAllIfAbsent(
                        List.of(new Put("k", "one", TTL), new Put("a", "v", TTL), new Put("k", "two", TTL))))
                .containsExactly(true, true, false);
        assertThat(store.compareAndSetAll(
                        List.of(new Swap("k", "one", "two", TTL), new Swap("k", "two", "three", TTL))))
                .containsExactly(true, true);
        assertThat(store.get("k")).hasValue("three");
    }

    private static List<Put> puts(String value) {
        return IntStream.range(0, KEYS)
                .mapToObj(i -> new Put("key-" + i, value, TTL))
                .toList();
    }
}
