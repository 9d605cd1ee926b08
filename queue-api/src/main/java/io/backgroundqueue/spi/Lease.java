package io.backgroundqueue.spi;

/**
 * A driver's private note of what it handed out: a token, an offset of one assignment, a delivery tag of one connection.
 * The engine keeps it and gives it back, nothing else.
 */
public interface Lease {}
