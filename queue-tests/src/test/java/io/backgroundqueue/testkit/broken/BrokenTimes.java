package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Rules 14.80 to 14.87 broken. */
final class BrokenTimes {
    private BrokenTimes() {}

    static List<BrokenDriver> all() {
        return List.of(
                BrokenDriver.of(
                        "ignores delays",
                        "14.80",
                        "a task with a delay of PT10M must not come one millisecond early",
                        driver -> after(driver, delay -> Duration.ZERO)),
                BrokenDriver.of(
                        "rounds delays down to seconds",
                        "14.80",
                        "by how much some of 30 delayed tasks came early",
                        driver -> after(driver, delay -> delay.truncatedTo(ChronoUnit.SECONDS))),
                BrokenDriver.of(
                        "ignores fixed times",
                        "14.81",
                        "must not come one millisecond early",
                        driver -> Faulty.sending(
                                driver,
                                task -> task.start() instanceof Start.At
                                        ? Copy.of(task).start(Start.now()).done()
                                        : task)),
                BrokenDriver.sharing(
                        "takes a time in the past for one in the far future",
                        "14.82",
                        "1 should come on",
                        backend -> driver -> Faulty.sending(driver, task -> fromThePast(task, backend.now()))),
                BrokenDriver.of(
                        "looks for what is due every half second",
                        "14.83",
                        "1 should come on",
                        driver -> after(driver, delay -> delay.plusMillis(500))),
                BrokenDriver.sharing(
                        "deletes a delayed task that nobody takes within a minute",
                        "14.84",
                        "1 should come on",
                        backend -> driver ->
                                Faulty.receiving(driver, (topic, receiver) -> new TimeToLive(receiver, backend))),
                BrokenDriver.sharing(
                        "lets delayed tasks stand in the way",
                        "14.85",
                        "1 should come on",
                        backend -> driver ->
                                Faulty.receiving(driver, (topic, receiver) -> new OneLine(receiver, topic, backend))),
                BrokenDriver.of(
                        "makes a delayed task due when it was made",
                        "14.86",
                        "due time of a task with a delay of PT10M",
                        driver -> Faulty.handing(
                                driver, task -> Copy.due(task, task.envelope().enqueuedAt()))),
                BrokenDriver.of(
                        "cuts delays to 15 minutes",
                        "14.87",
                        "the delay is PT720H",
                        driver -> after(
                                driver,
                                delay ->
                                        delay.compareTo(Duration.ofMinutes(15)) > 0 ? Duration.ofMinutes(15) : delay)));
    }

    private static QueueDriver after(QueueDriver driver, UnaryOperator<Duration> change) {
        return Faulty.sending(
                driver,
                task -> task.start() instanceof Start.After after
                        ? Copy.of(task)
                                .start(Start.after(change.apply(after.delay())))
                                .done()
                        : task);
    }

    private static Envelope fromThePast(Envelope task, Instant now) {
        return task.start() instanceof Start.At at && at.time().isBefore(now)
                ? Copy.of(task).start(Start.after(Duration.ofDays(365))).done()
                : task;
    }

    private static boolean isDelayed(Envelope task) {
        return task.start() instanceof Start.After;
    }

    private static final class TimeToLive extends PlainReceiver {
        private final Backend backend;

        TimeToLive(Receiver next, Backend backend) {
            super(next);
            this.backend = backend;
        }

        @Override
        public List<Delivery> receive(int max, Duration wait) throws Exception {
            List<Delivery> alive = new ArrayList<>();
            for (Delivery delivery : next.receive(max, wait)) {
                if (delivery instanceof Delivery.Task task && isOver(task)) {
                    next.settle(List.of(new Settlement.Ack(task)));
                } else {
                    alive.add(delivery);
                }
            }
            return alive;
        }

        private boolean isOver(Delivery.Task task) {
            Envelope sent = backend.sent().get(task.envelope().taskId());
            return sent != null
                    && isDelayed(sent)
                    && task.due().plus(Duration.ofMinutes(1)).isBefore(backend.now());
        }
    }

    /** Nothing comes while a delayed task of the topic is not due. */
    private static final class OneLine extends PlainReceiver {
        private final String topic;
        private final Backend backend;

        OneLine(Receiver next, String topic, Backend backend) {
            super(next);
            this.topic = topic;
            this.backend = backend;
        }

        @Override
        public List<Delivery> receive(int max, Duration wait) throws Exception {
            boolean blocked = backend.sent().values().stream()
                    .filter(task -> task.topic().equals(topic) && isDelayed(task))
                    .anyMatch(task -> task.start().resolve(task.enqueuedAt()).isAfter(backend.now()));
            return next.receive(blocked ? 0 : max, wait);
        }
    }
}
