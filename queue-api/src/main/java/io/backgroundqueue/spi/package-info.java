/**
 * The seam: what an adapter author implements, and the parts that adapters share. An application needs nothing here.
 *
 * <p>Implement {@link io.backgroundqueue.spi.QueueDriver} and {@link io.backgroundqueue.spi.Receiver}. A driver moves
 * bytes. It starts no thread, repeats nothing, counts no attempts, computes no backoff, encodes no payload and measures
 * nothing: the engine does all that, once, for every backend. The conformance suite in {@code queue-testkit} tells
 * whether a driver keeps these rules.
 */
@NullMarked
package io.backgroundqueue.spi;

import org.jspecify.annotations.NullMarked;
