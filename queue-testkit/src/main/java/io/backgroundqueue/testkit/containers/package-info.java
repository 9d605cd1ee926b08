/** Brokers in containers, found by {@link io.backgroundqueue.testkit.Brokers}. */
@NullMarked
package io.backgroundqueue.testkit.containers;

import org.jspecify.annotations.NullMarked;
