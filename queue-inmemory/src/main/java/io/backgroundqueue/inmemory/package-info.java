/**
 * The queue in memory: for tests, examples and small tools, and the reading to start with when writing a driver.
 *
 * <p>From the seam inwards: {@code InMemoryDriver} and {@code InMemoryReceiver} are one process as the broker sees it,
 * {@code Broker} is the server all of them share, {@code TopicStore} one topic of it behind one lock, {@code Backlog}
 * the tasks of the topic that wait.
 */
@NullMarked
package io.backgroundqueue.inmemory;

import org.jspecify.annotations.NullMarked;
