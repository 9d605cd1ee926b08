@NullMarked
package io.backgroundqueue.inmemory;

import org.jspecify.annotations.NullMarked;
