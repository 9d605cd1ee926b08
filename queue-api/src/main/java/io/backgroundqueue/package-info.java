/**
 * Hand slow work to a queue and answer the caller at once: {@link io.backgroundqueue.BackgroundQueue} and everything an
 * application needs beside it.
 *
 * <p>Start with {@link io.backgroundqueue.BackgroundQueues#open(String)}. Nothing here takes or returns {@code null}
 * unless it says so; {@code Optional} stands where a value may be absent.
 */
@NullMarked
package io.backgroundqueue;

import org.jspecify.annotations.NullMarked;
