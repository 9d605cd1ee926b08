package io.backgroundqueue.spi;

import java.time.Duration;
import java.util.OptionalInt;

/**
 * What a receiver should know of its worker.
 *
 * @param concurrency how many tasks run at once
 * @param prefetch the most tasks to hold ready beyond those, where the user said
 * @param maxUnsettled the most deliveries that are out at any time, running or waiting to be settled
 * @param maxBytes the most payload bytes that one receive may return, unless a single task is larger
 * @param lease how long a delivery stays valid without being extended
 * @param handover how long {@code receive} may wait for running tasks when it must hand work over to another process
 * @param callTimeout every call returns or throws within this
 * @param workerId unique per receiver, for logs and for marks in the backend
 */
public record ReceiverOptions(
        int concurrency,
        OptionalInt prefetch,
        int maxUnsettled,
        int maxBytes,
        Duration lease,
        Duration handover,
        Duration callTimeout,
        String workerId) {}
