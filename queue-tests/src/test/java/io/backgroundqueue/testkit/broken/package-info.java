/** The test kit is tested by drivers with one fault each: exactly the rule that the fault breaks must fail. */
@NullMarked
package io.backgroundqueue.testkit.broken;

import org.jspecify.annotations.NullMarked;
