package io.backgroundqueue;

import java.time.Duration;

/** Bounds of durations, checked where they are set. */
final class Durations {
    /** Longer than any task waits, short enough that arithmetic on it never overflows. */
    static final Duration LONGEST = Duration.ofDays(36_500);

    private Durations() {}

    static Duration positive(String name, Duration value) {
        if (value.isZero()) {
            throw QueueException.invalid(name + " is 0. It must be longer than 0");
        }
        return notNegative(name, value);
    }

    static Duration notNegative(String name, Duration value) {
        if (value.isNegative() || value.compareTo(LONGEST) > 0) {
            throw QueueException.invalid(name + " is " + value + ". It must be between 0 and 36500 days");
        }
        return value;
    }
}
