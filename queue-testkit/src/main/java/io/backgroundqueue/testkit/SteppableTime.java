package io.backgroundqueue.testkit;

import java.time.Duration;
import java.time.Instant;

/** A clock that only moves when a test moves it. Thread-safe. */
public interface SteppableTime {
    /** What it shows. */
    Instant now();

    /** Moves it forward; whoever waits for a moment that has now come wakes up. */
    void advance(Duration by);
}
