package io.backgroundqueue;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How a topic stands. What a backend cannot know is absent, never guessed; brokers may count approximately.
 *
 * @param ready tasks that may start now
 * @param delayed tasks that wait for their time, retries included
 * @param running tasks held by workers
 * @param dead dead letters
 * @param oldestReady how long the oldest ready task has been waiting
 */
public record TopicStats(
        OptionalLong ready,
        OptionalLong delayed,
        OptionalLong running,
        OptionalLong dead,
        Optional<Duration> oldestReady) {}
