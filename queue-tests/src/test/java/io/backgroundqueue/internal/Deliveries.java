package io.backgroundqueue.internal;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Capabilities.Precision;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Lease;
import io.backgroundqueue.spi.PriorStarts;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.SampleTask;
import java.time.Instant;
import java.util.Optional;

/** Deliveries as a driver would hand them out. */
final class Deliveries {
    private Deliveries() {}

    private record Token(String of) implements Lease {}

    /** A fresh task, due at the start of the bench's clock. */
    static Delivery.Task fresh(String id) {
        return of(SampleTask.task(id));
    }

    static Delivery.Task of(SampleTask task) {
        return new Delivery.Task(task.envelope(), Bench.START, Progress.NONE, PriorStarts.ZERO, new Token(task.id()));
    }

    static Delivery.Task due(Delivery.Task task, Instant due) {
        return new Delivery.Task(task.envelope(), due, task.progress(), task.starts(), task.lease());
    }

    static Delivery.Task progress(Delivery.Task task, Progress progress) {
        return new Delivery.Task(task.envelope(), task.due(), progress, task.starts(), task.lease());
    }

    static Delivery.Task starts(Delivery.Task task, int count, Precision precision) {
        return new Delivery.Task(
                task.envelope(), task.due(), task.progress(), new PriorStarts(count, precision), task.lease());
    }

    /** A progress with so many failures, each of them a verdict. */
    static Progress failed(int failures) {
        return new Progress(failures, failures, 0, false, Optional.of("an earlier error"));
    }

    static Delivery.Unreadable unreadable() {
        return new Delivery.Unreadable(Bytes.utf8("rubbish"), "no line of metadata", new Token("unreadable"));
    }

    static Delivery.TooNew tooNew() {
        return new Delivery.TooNew(7, new Token("too new"));
    }
}
