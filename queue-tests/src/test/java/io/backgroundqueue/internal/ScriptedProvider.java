package io.backgroundqueue.internal;

import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.KeyValueStoreProvider;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.QueueDriverProvider;
import io.backgroundqueue.spi.QueueUrl;
import java.util.Set;

/** Opens {@code scripted:} URLs with whatever a test has laid out; found by a service file that the test writes. */
public final class ScriptedProvider implements QueueDriverProvider {
    /** What opens a driver. */
    interface Opening {
        QueueDriver open(QueueUrl url, QueueOptions options) throws Exception;
    }

    /** What opens a store. */
    interface StoreOpening {
        KeyValueStore open(QueueUrl url) throws Exception;
    }

    static Opening opening = (url, options) -> new ScriptedDriver();
    static StoreOpening storeOpening = url -> new ScriptedStore(new Bench());

    @Override
    public Set<String> schemes() {
        return Set.of("scripted");
    }

    @Override
    public QueueDriver open(QueueUrl url, QueueOptions options) throws Exception {
        return opening.open(url, options);
    }

    /** The same for stores. */
    public static final class OfStores implements KeyValueStoreProvider {
        @Override
        public Set<String> schemes() {
            return Set.of("scripted");
        }

        @Override
        public KeyValueStore open(QueueUrl url, Time time) throws Exception {
            return storeOpening.open(url);
        }
    }
}
