/** A business table and the queue in one transaction. */
@NullMarked
package io.backgroundqueue.examples.transactions;

import org.jspecify.annotations.NullMarked;
