/** The main example: the background half of a shop, over a file of orders, on whatever backend a URL names. */
@NullMarked
package io.backgroundqueue.examples.orders;

import org.jspecify.annotations.NullMarked;
