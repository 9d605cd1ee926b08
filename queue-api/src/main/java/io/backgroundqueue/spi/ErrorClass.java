package io.backgroundqueue.spi;

/** What the engine may do about an error of a backend. */
public enum ErrorClass {
    /** Nothing was stored or changed; the same call may work in a moment. */
    TRANSIENT,
    /** The backend is full or asks for patience; nothing was stored or changed. */
    THROTTLED,
    /** The call may have taken effect: its answer was lost. */
    OUTCOME_UNKNOWN,
    /** The backend will never take this. */
    REFUSED,
    /** The backend is not set up as needed, or not any more; an operator has to act. Nothing was stored or changed. */
    MISCONFIGURED,
    /** The driver was closed. */
    CLOSED
}
