package io.backgroundqueue.examples.direct;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.Capabilities;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.testkit.QueueHarness;
import java.util.concurrent.Executors;

/** Each queue has an executor, and nothing in common with another. */
final class ExecutorHarness implements QueueHarness {
    @Override
    public String adapter() {
        return "executor";
    }

    @Override
    public Capabilities capabilities() {
        return Refusals.CAPABILITIES;
    }

    @Override
    public BackgroundQueue openQueue(QueueOptions options) {
        return new ExecutorBackgroundQueue(Executors.newFixedThreadPool(10));
    }

    @Override
    public boolean takesQueueOptions() {
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
    public void close() {}
}
