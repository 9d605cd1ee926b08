package io.backgroundqueue.spi;

import io.backgroundqueue.QueueOptions;
import java.util.Set;

/** Opens drivers by URL; found by {@link java.util.ServiceLoader}. Has a public constructor without parameters. */
public interface QueueDriverProvider {
    /** The URL schemes it opens, in lower case. */
    Set<String> schemes();

    /**
     * Opens and verifies a driver.
     *
     * @param url the driver takes its own parameters from it; what nobody takes is refused afterwards
     * @param options for the clock, the store and the limits
     */
    QueueDriver open(QueueUrl url, QueueOptions options) throws Exception;
}
