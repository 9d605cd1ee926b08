package io.backgroundqueue.inmemory;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.Capabilities;
import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.Time;
import io.backgroundqueue.testkit.QueueHarness;
import java.util.Optional;

/** One broker in memory on the machine's clock: whole queues are tested with threads, and threads need time that passes. */
final class InMemoryQueueHarness implements QueueHarness {
    private final Broker broker =
            new Broker(Time.system(), new Capacity(Capacity.DEFAULT_TASKS, Capacity.defaultBytes()));
    private final InMemoryDriver own = new InMemoryDriver(broker);

    @Override
    public String adapter() {
        return "inmemory";
    }

    @Override
    public Capabilities capabilities() {
        return own.capabilities();
    }

    @Override
    public BackgroundQueue openQueue(QueueOptions options) {
        return BackgroundQueues.over(new InMemoryDriver(broker), options);
    }

    @Override
    public Optional<KeyValueStore> openStore() {
        return Optional.of(new InMemoryKeyValueStore(Time.system()));
    }

    @Override
    public boolean ownClocks() {
        return false;
    }

    @Override
    public String brokerVersion() {
        return "-";
    }

    @Override
    public String startedBy() {
        return "in this process";
    }

    @Override
    public void close() {
        own.close();
    }
}
