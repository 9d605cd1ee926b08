package io.backgroundqueue.redis;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.WireFormat;

/** A task as it is stored: one line of metadata and the payload, under its id. */
final class Body {
    private Body() {}

    static Bytes write(Envelope envelope) {
        return WireFormat.toLine(envelope, Progress.NONE, null);
    }

    /** The id under which it is stored is the task's, whatever the line says: everything else goes by it. */
    static WireFormat.Read read(Bytes body, String topic, String id) {
        WireFormat.Read read = WireFormat.fromLine(body, topic, id);
        if (!(read instanceof WireFormat.Read.Task task)
                || task.envelope().taskId().equals(id)) {
            return read;
        }
        Envelope line = task.envelope();
        Envelope stored = new Envelope(
                id,
                topic,
                line.start(),
                line.priority(),
                line.headers(),
                line.payload(),
                line.deduplication(),
                line.orderingKey(),
                line.attempts(),
                line.expiresAfter(),
                line.enqueuedAt());
        return new WireFormat.Read.Task(stored, task.due(), task.progress());
    }
}
