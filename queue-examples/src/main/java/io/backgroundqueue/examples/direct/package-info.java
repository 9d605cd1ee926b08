/** A queue without an engine and without a driver: {@code BackgroundQueue} implemented directly. */
@NullMarked
package io.backgroundqueue.examples.direct;

import org.jspecify.annotations.NullMarked;
