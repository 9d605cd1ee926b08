package io.backgroundqueue;

/** Which tasks of a topic {@link QueueAdmin#purge} deletes. */
public enum Scope {
    /** Those that wait, due or delayed; not those that run. */
    READY,
    /** The dead letters. */
    DEAD
}
