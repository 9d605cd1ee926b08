package io.backgroundqueue.redis;

import io.backgroundqueue.QueueException;
import java.time.Duration;

/**
 * When an enqueue counts as accepted. Immutable. Only enqueues wait for it: a verdict that a server forgets is a task that
 * runs again.
 */
public final class RedisDurability {
    /** As soon as the server has it; how long that lasts is what the server is set to. The default. */
    public static final RedisDurability AS_SERVER = new RedisDurability(Level.AS_SERVER, 0, Duration.ZERO);

    enum Level {
        AS_SERVER,
        REPLICATED,
        FSYNCED
    }

    private final Level level;
    private final int replicas;
    private final Duration timeout;

    private RedisDurability(Level level, int replicas, Duration timeout) {
        this.level = level;
        this.replicas = replicas;
        this.timeout = timeout;
    }

    /**
     * When so many replicas have it, in memory. An enqueue that fewer confirm in time ends as OUTCOME_UNKNOWN. A failover
     * to another replica can still lose it: this narrows the window, it is no consensus.
     *
     * @param replicas at least 1
     * @param timeout how long to wait for them, longer than 0; less than the queue's enqueue timeout to be of use
     */
    public static RedisDurability replicated(int replicas, Duration timeout) {
        if (replicas < 1) {
            throw QueueException.invalid("replicas is " + replicas + ". It must be at least 1");
        }
        return new RedisDurability(Level.REPLICATED, replicas, longerThanZero(timeout));
    }

    /**
     * When the server has it on disk. Needs Redis 7.2 or later with its append-only file on; else opening is refused.
     *
     * @param timeout how long to wait, longer than 0
     */
    public static RedisDurability fsynced(Duration timeout) {
        return new RedisDurability(Level.FSYNCED, 1, longerThanZero(timeout));
    }

    Level level() {
        return level;
    }

    int replicas() {
        return replicas;
    }

    Duration timeout() {
        return timeout;
    }

    private static Duration longerThanZero(Duration timeout) {
        return RedisSettings.longerThanZero("the timeout of a durability", timeout);
    }

    @Override
    public String toString() {
        return switch (level) {
            case AS_SERVER -> "as the server is set";
            case REPLICATED -> replicas + " replicas within " + timeout;
            case FSYNCED -> "fsynced within " + timeout;
        };
    }
}
