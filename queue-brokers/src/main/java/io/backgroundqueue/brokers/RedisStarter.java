package io.backgroundqueue.brokers;

import io.backgroundqueue.testkit.BrokerStarter;
import io.backgroundqueue.testkit.RunningBroker;

/** Starts {@code redis} as a local process: redis-server of the PATH, else the one that Maven brought. */
public final class RedisStarter implements BrokerStarter {
    static final String REMEDY =
            "install redis-server so that it is on the PATH, or libssl3, which the redis-server that Maven brings needs";

    /** For {@link java.util.ServiceLoader}. */
    public RedisStarter() {}

    @Override
    public String broker() {
        return "redis";
    }

    @Override
    public Kind kind() {
        return Kind.PROCESS;
    }

    @Override
    public boolean available() {
        return RedisBinary.find().isPresent();
    }

    @Override
    public String remedy() {
        return REMEDY;
    }

    @Override
    public RunningBroker start() throws Exception {
        return RedisServer.launch();
    }
}
