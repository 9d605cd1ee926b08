package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Notes what goes in and what is out, as a test sees it: it stands above the fault. */
final class Recorder extends PlainDriver {
    private final Map<String, Envelope> sent;
    private final Map<String, Delivery.Task> out;

    Recorder(QueueDriver next, Map<String, Envelope> sent, Map<String, Delivery.Task> out) {
        super(next);
        this.sent = sent;
        this.out = out;
    }

    @Override
    public List<SendResult> send(List<Envelope> batch, Duration timeout) throws Exception {
        batch.forEach(task -> sent.put(task.taskId(), task));
        return next.send(batch, timeout);
    }

    @Override
    public Receiver receiver(String topic, ReceiverOptions options) throws Exception {
        return new PlainReceiver(next.receiver(topic, options)) {
            @Override
            public List<Delivery> receive(int max, Duration wait) throws Exception {
                List<Delivery> found = next.receive(max, wait);
                for (Delivery delivery : found) {
                    if (delivery instanceof Delivery.Task task) {
                        out.put(task.envelope().taskId(), task);
                    }
                }
                return found;
            }

            @Override
            public List<Outcome> settle(List<Settlement> batch) throws Exception {
                List<Outcome> outcomes = next.settle(batch);
                for (int i = 0; i < outcomes.size(); i++) {
                    if (outcomes.get(i).equals(Outcome.DONE) && batch.get(i).delivery() instanceof Delivery.Task task) {
                        out.remove(task.envelope().taskId());
                    }
                }
                return outcomes;
            }
        };
    }
}
