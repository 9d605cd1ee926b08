/** Starts brokers as processes on this machine, for tests. */
@NullMarked
package io.backgroundqueue.brokers;

import org.jspecify.annotations.NullMarked;
