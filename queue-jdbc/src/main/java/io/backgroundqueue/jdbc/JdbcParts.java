package io.backgroundqueue.jdbc;

/** What the receivers of one driver share. */
record JdbcParts(Database database, Dialect dialect, Names names, WakeUps wakeUps) {}
