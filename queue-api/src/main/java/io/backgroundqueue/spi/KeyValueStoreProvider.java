package io.backgroundqueue.spi;

import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.Time;
import java.util.Set;

/** Opens stores by URL; found by {@link java.util.ServiceLoader}. Has a public constructor without parameters. */
public interface KeyValueStoreProvider {
    /** The URL schemes it opens, in lower case. */
    Set<String> schemes();

    /** Opens and verifies a store. */
    KeyValueStore open(QueueUrl url, Time time) throws Exception;
}
