/** Tasks on Redis: durable, or fanned out through Pub/Sub. */
@NullMarked
package io.backgroundqueue.redis;

import org.jspecify.annotations.NullMarked;
