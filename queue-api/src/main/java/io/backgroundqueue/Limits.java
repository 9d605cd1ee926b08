package io.backgroundqueue;

import java.time.Duration;
import java.util.Optional;

/**
 * The numbers of a backend. Start at {@link #DEFAULT} and change what differs.
 *
 * @param maxPayloadBytes the largest payload, in bytes
 * @param maxTopicLength the longest topic name, in characters, at most 128
 * @param sendBatch the most tasks in one send
 * @param sendBytes the most payload bytes in one send
 * @param sendParallelism how many sends may run side by side
 * @param priorityLevels how many levels the ten priorities are kept in
 * @param lateness how late a delayed task may start on an idle, healthy system
 * @param leaseDetection how long after the end of a lease the task is handed out again, at most
 * @param maxWait how long one receive may wait, in the backend, for a task to arrive; zero where the backend cannot wait:
 *     then it is asked four times a second
 * @param maxLease the longest a task can be held by one worker
 * @param maxDelay the longest delay
 * @param retention how long the backend keeps a task at all
 */
public record Limits(
        int maxPayloadBytes,
        int maxTopicLength,
        int sendBatch,
        int sendBytes,
        int sendParallelism,
        int priorityLevels,
        Duration lateness,
        Duration leaseDetection,
        Duration maxWait,
        Optional<Duration> maxLease,
        Optional<Duration> maxDelay,
        Optional<Duration> retention) {

    /** 16 MiB payloads, batches of 1,000 and 8 MiB, one send at a time, ten levels, one second's wait, no other bound. */
    public static final Limits DEFAULT = new Limits(
            16 << 20,
            TopicName.MAX_LENGTH,
            1_000,
            8 << 20,
            1,
            10,
            Duration.ofMillis(100),
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());

    /** See {@link #maxPayloadBytes()}. */
    public Limits maxPayloadBytes(int bytes) {
        return new Limits(
                bytes,
                maxTopicLength,
                sendBatch,
                sendBytes,
                sendParallelism,
                priorityLevels,
                lateness,
                leaseDetection,
                maxWait,
                maxLease,
                maxDelay,
                retention);
    }

    /** See {@link #maxTopicLength()}. */
    public Limits maxTopicLength(int characters) {
        return new Limits(
                maxPayloadBytes,
                characters,
                sendBatch,
                sendBytes,
                sendParallelism,
                priorityLevels,
                lateness,
                leaseDetection,
                maxWait,
                maxLease,
                maxDelay,
                retention);
    }

    /** See {@link #sendBatch()}, {@link #sendBytes()} and {@link #sendParallelism()}. */
    public Limits send(int batch, int bytes, int parallelism) {
        return new Limits(
                maxPayloadBytes,
                maxTopicLength,
                batch,
                bytes,
                parallelism,
                priorityLevels,
                lateness,
                leaseDetection,
                maxWait,
                maxLease,
                maxDelay,
                retention);
    }

    /** See {@link #priorityLevels()}. */
    public Limits priorityLevels(int levels) {
        return new Limits(
                maxPayloadBytes,
                maxTopicLength,
                sendBatch,
                sendBytes,
                sendParallelism,
                levels,
                lateness,
                leaseDetection,
                maxWait,
                maxLease,
                maxDelay,
                retention);
    }

    /** See {@link #lateness()}. */
    public Limits lateness(Duration late) {
        return new Limits(
                maxPayloadBytes,
                maxTopicLength,
                sendBatch,
                sendBytes,
                sendParallelism,
                priorityLevels,
                late,
                leaseDetection,
                maxWait,
                maxLease,
                maxDelay,
                retention);
    }

    /** See {@link #leaseDetection()}. */
    public Limits leaseDetection(Duration detection) {
        return new Limits(
                maxPayloadBytes,
                maxTopicLength,
                sendBatch,
                sendBytes,
                sendParallelism,
                priorityLevels,
                lateness,
                detection,
                maxWait,
                maxLease,
                maxDelay,
                retention);
    }

    /** See {@link #maxWait()}. */
    public Limits maxWait(Duration wait) {
        return new Limits(
                maxPayloadBytes,
                maxTopicLength,
                sendBatch,
                sendBytes,
                sendParallelism,
                priorityLevels,
                lateness,
                leaseDetection,
                wait,
                maxLease,
                maxDelay,
                retention);
    }

    /** See {@link #maxLease()}. */
    public Limits maxLease(Duration lease) {
        return new Limits(
                maxPayloadBytes,
                maxTopicLength,
                sendBatch,
                sendBytes,
                sendParallelism,
                priorityLevels,
                lateness,
                leaseDetection,
                maxWait,
                Optional.of(lease),
                maxDelay,
                retention);
    }

    /** See {@link #maxDelay()}. */
    public Limits maxDelay(Duration delay) {
        return new Limits(
                maxPayloadBytes,
                maxTopicLength,
                sendBatch,
                sendBytes,
                sendParallelism,
                priorityLevels,
                lateness,
                leaseDetection,
                maxWait,
                maxLease,
                Optional.of(delay),
                retention);
    }

    /** See {@link #retention()}. */
    public Limits retention(Duration kept) {
        return new Limits(
                maxPayloadBytes,
                maxTopicLength,
                sendBatch,
                sendBytes,
                sendParallelism,
                priorityLevels,
                lateness,
                leaseDetection,
                maxWait,
                maxLease,
                maxDelay,
                Optional.of(kept));
    }
}
