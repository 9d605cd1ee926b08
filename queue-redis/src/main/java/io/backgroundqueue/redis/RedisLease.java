package io.backgroundqueue.redis;

import io.backgroundqueue.spi.Lease;

/**
 * What a receiver holds.
 *
 * @param id of the task
 * @param grant what the server has under that id while it is held: {@code <level><due ms>:<token>}
 */
record RedisLease(String id, String grant) implements Lease {}
