/** Random operations on the driver in memory, compared step by step with a naive model of the contract. */
@NullMarked
package io.backgroundqueue.model;

import org.jspecify.annotations.NullMarked;
