package io.backgroundqueue.internal;

import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.DeadLetters;
import io.backgroundqueue.Feature;
import io.backgroundqueue.QueueAdmin;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.Scope;
import io.backgroundqueue.TopicName;
import io.backgroundqueue.TopicStats;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.QueueDriver;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;

/** The operator's calls: refused where the backend cannot, wrapped where it fails. */
final class EngineAdmin implements QueueAdmin {
    private final QueueDriver driver;
    private final DriverCalls calls;
    private final Refusals refusals;
    private final BooleanSupplier closed;

    EngineAdmin(EngineContext context, BooleanSupplier closed) {
        this.driver = context.driver();
        this.calls = new DriverCalls(driver, context.time(), context.loops());
        this.refusals = new Refusals(context.capabilities(), Kind.UNSUPPORTED);
        this.closed = closed;
    }

    @Override
    public TopicStats stats(String topic) {
        return call(Feature.STATS, "stats of '" + TopicName.require(topic) + "'", () -> driver.stats(topic));
    }

    @Override
    public DeadLetters deadLetters(String topic) {
        String what = "dead letters of '" + TopicName.require(topic) + "'";
        return new Walk(call(Feature.DEAD_LETTERS, what, () -> driver.deadLetters(topic)), what);
    }

    @Override
    public boolean cancel(String topic, String taskId) {
        String what = "cancelling task " + taskId + " of '" + TopicName.require(topic) + "'";
        return call(Feature.CANCEL, what, () -> driver.cancel(topic, taskId));
    }

    @Override
    public long purge(String topic, Scope scope) {
        Feature feature = scope == Scope.READY ? Feature.PURGE : Feature.DEAD_LETTERS;
        return call(feature, "purging '" + TopicName.require(topic) + "'", () -> driver.purge(topic, scope));
    }

    @Override
    public void check() {
        refuseClosed();
        calls.call("The readiness check", () -> {
            driver.check();
            return true;
        });
    }

    private <T> T call(Feature feature, String what, Callable<T> call) {
        refusals.require(feature, what);
        refuseClosed();
        return calls.call(what, call);
    }

    private void refuseClosed() {
        if (closed.getAsBoolean()) {
            throw new QueueException(Kind.CLOSED, "The queue is closed. Open a new one");
        }
    }

    private final class Walk implements DeadLetters {
        private final DeadLetterCursor cursor;
        private final String what;

        Walk(DeadLetterCursor cursor, String what) {
            this.cursor = cursor;
            this.what = what;
        }

        @Override
        public List<DeadLetter> next(int max) {
            if (max < 1) {
                throw QueueException.invalid("max is " + max + ". Ask for at least one dead letter");
            }
            return calls.call("Walking " + what, () -> cursor.next(max));
        }

        @Override
        public int replay(Collection<DeadLetter> letters) {
            return letters.isEmpty() ? 0 : calls.call("Replaying " + what, () -> cursor.replay(List.copyOf(letters)));
        }

        @Override
        public int purge(Collection<DeadLetter> letters) {
            return letters.isEmpty() ? 0 : calls.call("Purging " + what, () -> cursor.purge(List.copyOf(letters)));
        }

        @Override
        public void close() {
            cursor.close();
        }
    }
}
