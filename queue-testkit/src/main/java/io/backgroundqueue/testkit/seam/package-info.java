/** The contract of the seam: {@link io.backgroundqueue.testkit.seam.QueueDriverContract}, chapter by chapter. */
@NullMarked
package io.backgroundqueue.testkit.seam;

import org.jspecify.annotations.NullMarked;
