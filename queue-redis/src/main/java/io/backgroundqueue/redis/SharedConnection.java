package io.backgroundqueue.redis;

import redis.clients.jedis.Connection;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.JedisSocketFactory;

/** A connection that one thread may write to while another reads from it. */
final class SharedConnection extends Connection {
    SharedConnection(JedisSocketFactory sockets, JedisClientConfig config) {
        super(sockets, config);
    }

    /** Sends what was written. */
    @Override
    public void flush() {
        super.flush();
    }
}
