/** Tasks in a database: PostgreSQL, or H2 embedded on disk. */
@NullMarked
package io.backgroundqueue.jdbc;

import org.jspecify.annotations.NullMarked;
