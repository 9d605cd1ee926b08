package io.backgroundqueue.redis;

import java.time.Duration;

/** Forgets letters that were kept long enough. */
final class DeadLetterRetention {
    private static final int PART = 200;

    private DeadLetterRetention() {}

    /** Deletes a part of what is too old; whether there may be more. */
    static boolean expire(RedisLink link, TopicKeys keys, Duration kept, long deadlineNanos) {
        ScriptArguments arguments = new ScriptArguments().number(PART).number(-ScriptArguments.millis(kept));
        return Replies.number(link.eval(RedisScript.PURGE_DEAD.call(keys.common(), arguments), deadlineNanos)) == PART;
    }
}
