package io.backgroundqueue;

/** Why a task is in the dead letters. */
public enum DeadReason {
    /** It failed as often as its attempts allow. */
    ATTEMPTS_EXHAUSTED,
    /** Its handler or the retry policy said that another run is pointless. */
    NON_RETRYABLE,
    /** Too many runs ended without a verdict: it probably takes its worker down. */
    INTERRUPTED,
    /** Its payload could not be decoded. */
    UNDECODABLE,
    /** What the backend holds is not a task of ours at all. */
    UNREADABLE
}
