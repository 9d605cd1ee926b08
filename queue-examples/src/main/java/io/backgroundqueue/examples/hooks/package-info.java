/** An application with hooks, whose slow work moves into workers without a change to the application. */
@NullMarked
package io.backgroundqueue.examples.hooks;

import org.jspecify.annotations.NullMarked;
