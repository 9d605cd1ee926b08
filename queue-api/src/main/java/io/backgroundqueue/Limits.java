package io.backgroundqueue;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

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
        return with(draft -> draft.maxPayloadBytes = bytes);
    }

    /** See {@link #maxTopicLength()}. */
    public Limits maxTopicLength(int characters) {
        return with(draft -> draft.maxTopicLength = characters);
    }

    /** See {@link #sendBatch()}, {@link #sendBytes()} and {@link #sendParallelism()}. */
    public Limits send(int batch, int bytes, int parallelism) {
        return with(draft -> {
            draft.sendBatch = batch;
            draft.sendBytes = bytes;
            draft.sendParallelism = parallelism;
        });
    }

    /** See {@link #priorityLevels()}. */
    public Limits priorityLevels(int levels) {
        return with(draft -> draft.priorityLevels = levels);
    }

    /** See {@link #lateness()}. */
    public Limits lateness(Duration late) {
        return with(draft -> draft.lateness = late);
    }

    /** See {@link #leaseDetection()}. */
    public Limits leaseDetection(Duration detection) {
        return with(draft -> draft.leaseDetection = detection);
    }

    /** See {@link #maxWait()}. */
    public Limits maxWait(Duration wait) {
        return with(draft -> draft.maxWait = wait);
    }

    /** See {@link #maxLease()}. */
    public Limits maxLease(Duration lease) {
        return with(draft -> draft.maxLease = Optional.of(lease));
    }

    /** See {@link #maxDelay()}. */
    public Limits maxDelay(Duration delay) {
        return with(draft -> draft.maxDelay = Optional.of(delay));
    }

    /** See {@link #retention()}. */
    public Limits retention(Duration kept) {
        return with(draft -> draft.retention = Optional.of(kept));
    }

    private Limits with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.limits();
    }

    /** The same numbers, one of which is about to change. */
    private static final class Draft {
        int maxPayloadBytes;
        int maxTopicLength;
        int sendBatch;
        int sendBytes;
        int sendParallelism;
        int priorityLevels;
        Duration lateness;
        Duration leaseDetection;
        Duration maxWait;
        Optional<Duration> maxLease;
        Optional<Duration> maxDelay;
        Optional<Duration> retention;

        Draft(Limits limits) {
            this.maxPayloadBytes = limits.maxPayloadBytes;
            this.maxTopicLength = limits.maxTopicLength;
            this.sendBatch = limits.sendBatch;
            this.sendBytes = limits.sendBytes;
            this.sendParallelism = limits.sendParallelism;
            this.priorityLevels = limits.priorityLevels;
            this.lateness = limits.lateness;
            this.leaseDetection = limits.leaseDetection;
            this.maxWait = limits.maxWait;
            this.maxLease = limits.maxLease;
            this.maxDelay = limits.maxDelay;
            this.retention = limits.retention;
        }

        Limits limits() {
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
                    retention);
        }
    }
}
