package io.backgroundqueue.inmemory;

import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.KeyValueStoreProvider;
import io.backgroundqueue.spi.QueueUrl;
import java.util.Set;

/**
 * Opens {@code memory:} and {@code memory:name}. Without a name each store is alone; stores with one name share their
 * entries inside this JVM, for as long as one of them is open. No parameters. Thread-safe.
 */
public final class InMemoryKeyValueStoreProvider implements KeyValueStoreProvider {
    private static final SharedByName<InMemoryKeyValueStore.Entries> STORES = new SharedByName<>();

    /** For {@link java.util.ServiceLoader}. */
    public InMemoryKeyValueStoreProvider() {}

    @Override
    public Set<String> schemes() {
        return Set.of(InMemoryProvider.SCHEME);
    }

    @Override
    public KeyValueStore open(QueueUrl url, Time time) {
        String name = InMemoryProvider.name(url);
        if (name.isEmpty()) {
            return new InMemoryKeyValueStore(time);
        }
        InMemoryKeyValueStore.Entries entries = STORES.acquire(name, () -> new InMemoryKeyValueStore.Entries(time));
        try {
            InMemoryProvider.requireSameClock(url, time, entries.time());
        } catch (QueueException differs) {
            STORES.release(name);
            throw differs;
        }
        return new InMemoryKeyValueStore(entries, () -> STORES.release(name));
    }
}
