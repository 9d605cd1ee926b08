/** The engine: everything between the queue an application sees and the driver that moves the bytes. Not exported. */
@NullMarked
package io.backgroundqueue.internal;

import org.jspecify.annotations.NullMarked;
