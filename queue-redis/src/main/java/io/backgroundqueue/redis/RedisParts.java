package io.backgroundqueue.redis;

import io.backgroundqueue.Time;

/** What the receivers of one driver share. */
record RedisParts(RedisLink link, WakeDuty wakeUps, Time time) {}
