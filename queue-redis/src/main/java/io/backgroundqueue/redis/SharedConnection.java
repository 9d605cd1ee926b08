package io.backgroundqueue.redis;

import redis.clients.jedis.Connection;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.JedisSocketFactory;
import redis.clients.jedis.exceptions.JedisConnectionException;

/** A connection that one thread may write to while another reads from it. */
final class SharedConnection extends Connection {
    private final HostAndPort node;

    SharedConnection(HostAndPort node, JedisSocketFactory sockets, JedisClientConfig config) {
        super(sockets, config);
        this.node = node;
    }

    /** Whom it is connected to, wherever others are sent meanwhile. */
    HostAndPort node() {
        return node;
    }

    /** Never fails: what was not sent by then is lost with it. */
    @Override
    public void disconnect() {
        try {
            super.disconnect();
        } catch (JedisConnectionException unsent) {
            // It is closed all the same.
        }
    }

    /** Sends what was written. */
    @Override
    public void flush() {
        super.flush();
    }
}
