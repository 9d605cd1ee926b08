package io.backgroundqueue.examples.direct;

import io.backgroundqueue.DeadLetters;
import io.backgroundqueue.Feature;
import io.backgroundqueue.QueueAdmin;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.Scope;
import io.backgroundqueue.TopicStats;
import java.util.function.BooleanSupplier;

/** Refuses everything, with the reasons that the capabilities give. */
record ExecutorAdmin(BooleanSupplier closed) implements QueueAdmin {
    @Override
    public TopicStats stats(String topic) {
        throw Refusals.refusal(Feature.STATS, "stats");
    }

    @Override
    public DeadLetters deadLetters(String topic) {
        throw Refusals.refusal(Feature.DEAD_LETTERS, "deadLetters");
    }

    @Override
    public boolean cancel(String topic, String taskId) {
        throw Refusals.refusal(Feature.CANCEL, "cancel");
    }

    @Override
    public long purge(String topic, Scope scope) {
        throw Refusals.refusal(scope == Scope.READY ? Feature.PURGE : Feature.DEAD_LETTERS, "purge");
    }

    @Override
    public void check() {
        if (closed.getAsBoolean()) {
            throw new QueueException(Kind.CLOSED, "The queue is closed. Open a new one");
        }
    }
}
