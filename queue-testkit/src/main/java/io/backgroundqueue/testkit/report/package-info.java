/** What contracts report, and the matrix made of it. */
@NullMarked
package io.backgroundqueue.testkit.report;

import org.jspecify.annotations.NullMarked;
