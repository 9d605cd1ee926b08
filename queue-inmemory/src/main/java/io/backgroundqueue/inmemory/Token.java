package io.backgroundqueue.inmemory;

import io.backgroundqueue.spi.Lease;

/**
 * The fence. Each time a task is handed out it gets a new number; whoever comes with an old one has lost the task.
 *
 * @param taskId the task
 * @param number never used twice in one broker
 */
record Token(String taskId, long number) implements Lease {}
