package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.Capabilities;
import io.backgroundqueue.Scope;
import io.backgroundqueue.TopicStats;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Duty;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.SendResult;
import java.time.Duration;
import java.util.List;

/** Does what another driver does. A fault is a method that is overridden. */
class PlainDriver implements QueueDriver {
    final QueueDriver next;

    PlainDriver(QueueDriver next) {
        this.next = next;
    }

    @Override
    public List<SendResult> send(List<Envelope> batch, Duration timeout) throws Exception {
        return next.send(batch, timeout);
    }

    @Override
    public Capabilities capabilities() {
        return next.capabilities();
    }

    @Override
    public Receiver receiver(String topic, ReceiverOptions options) throws Exception {
        return next.receiver(topic, options);
    }

    @Override
    public DeadLetterCursor deadLetters(String topic) throws Exception {
        return next.deadLetters(topic);
    }

    @Override
    public TopicStats stats(String topic) throws Exception {
        return next.stats(topic);
    }

    @Override
    public boolean cancel(String topic, String taskId) throws Exception {
        return next.cancel(topic, taskId);
    }

    @Override
    public long purge(String topic, Scope scope) throws Exception {
        return next.purge(topic, scope);
    }

    @Override
    public void check() throws Exception {
        next.check();
    }

    @Override
    public List<Duty> duties() {
        return next.duties();
    }

    @Override
    public ErrorClass classify(Exception error) {
        return next.classify(error);
    }

    @Override
    public long lostAtClose() {
        return next.lostAtClose();
    }

    @Override
    public void close() {
        next.close();
    }
}
