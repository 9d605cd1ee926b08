package io.backgroundqueue.testkit;

/** A broker that a test may stop. Each call returns when it is done; doing it twice is harmless. */
public interface BrokerProcess {
    /** Ends it as an operator would; its data stay. */
    void stop() throws Exception;

    /** Ends it with {@code kill -9}; its data stay. */
    void kill() throws Exception;

    /** Starts it again, with its data and at the same address; returns when it answers. */
    void start() throws Exception;
}
