package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Lease;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;

/** Rules 14.40 to 14.56 broken, but for those about retries. */
final class BrokenSettles {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private BrokenSettles() {}

    static List<BrokenDriver> all() {
        return List.of(
                BrokenDriver.of(
                        "answers settlements backwards",
                        "14.40",
                        "outcomes of four acks, the second for a task that was done before",
                        driver -> Faulty.outcomes(driver, BrokenSends::reversed)),
                BrokenDriver.of(
                        "leaves out what is stale",
                        "14.40",
                        "outcomes of four acks, the second for a task that was done before",
                        driver -> Faulty.outcomes(
                                driver,
                                outcomes -> outcomes.size() == 1
                                        ? outcomes
                                        : outcomes.stream()
                                                .filter(Outcome.DONE::equals)
                                                .toList())),
                BrokenDriver.of(
                        "throws a batch away for one stale settlement",
                        "14.40",
                        "1 of 4 settlements is stale",
                        driver -> Faulty.outcomes(driver, BrokenSettles::allOrNothing)),
                BrokenDriver.of(
                        "is done with whatever it settled before",
                        "14.41",
                        "outcome of Ack after Ack",
                        driver -> Faulty.receiving(driver, (topic, receiver) -> new Content(receiver))),
                BrokenDriver.of(
                        "acknowledges by id, whatever became of the delivery",
                        "14.42",
                        "1 should come on",
                        BrokenSettles::acknowledgingById),
                BrokenDriver.of(
                        "retries what was done already",
                        "14.42",
                        "all tasks were done before they were settled again",
                        BrokenSettles::retryingWhatIsDone),
                BrokenDriver.of(
                        "holds acks back until the next receive",
                        "14.43",
                        "the only task was acknowledged",
                        driver -> Faulty.receiving(driver, (topic, receiver) -> new Lazy(receiver))),
                BrokenDriver.of(
                        "acknowledges what should go to the dead letters",
                        "14.50",
                        "there should be a dead letter of",
                        driver -> Faulty.settling(
                                driver,
                                settlement -> settlement instanceof Settlement.Dead dead
                                                && dead.delivery() instanceof Delivery.Task task
                                        ? new Settlement.Ack(task)
                                        : settlement)),
                BrokenDriver.of(
                        "drops the payload of a dead letter",
                        "14.51",
                        "payload",
                        driver -> Faulty.showing(
                                driver,
                                letter -> isForeign(letter) ? letter : Faulty.withPayload(letter, Bytes.EMPTY))),
                BrokenDriver.of(
                        "says of each dead letter that its attempts were exhausted",
                        "14.51",
                        "reason",
                        driver -> Faulty.settling(driver, BrokenSettles::exhausted)),
                BrokenDriver.of(
                        "acknowledges what it cannot read",
                        "14.52",
                        "the foreign bytes should come on",
                        driver -> Faulty.receiving(driver, (topic, receiver) -> new Swallowing(receiver))),
                BrokenDriver.of(
                        "hands out what it cannot read as text",
                        "14.52",
                        "the foreign bytes",
                        driver -> Faulty.receiving(driver, (topic, receiver) -> new Decoding(receiver))),
                BrokenDriver.of(
                        "puts what is released into a delay of a minute",
                        "14.53",
                        "1 should come on",
                        driver -> Faulty.settling(
                                driver, settlement -> released(settlement, Start.after(Duration.ofMinutes(1)), 0))),
                BrokenDriver.of(
                        "counts a release as a failure",
                        "14.54",
                        "progress after a release",
                        driver -> Faulty.settling(driver, settlement -> released(settlement, Start.now(), 1))),
                BrokenDriver.sharing(
                        "counts a release as a start", "14.54", "prior starts after a release", backend -> {
                            Set<String> charged = ConcurrentHashMap.newKeySet();
                            return driver -> charging(driver, charged);
                        }),
                BrokenDriver.of(
                        "settles when its receive has returned",
                        "14.55",
                        "an ack should have returned beside a waiting receive",
                        driver -> Faulty.receiving(driver, (topic, receiver) -> new OneAtATime(receiver))),
                BrokenDriver.of(
                        "rolls back at close what was acknowledged since the last receive",
                        "14.56",
                        "all tasks were acknowledged before the receiver was closed",
                        driver -> Faulty.receiving(driver, (topic, receiver) -> new RollingBack(receiver, driver))));
    }

    private static List<Outcome> allOrNothing(List<Outcome> outcomes) {
        long stale = outcomes.stream().filter(Outcome.STALE::equals).count();
        if (stale > 0 && outcomes.size() > 1) {
            throw new IllegalStateException(stale + " of " + outcomes.size() + " settlements is stale");
        }
        return outcomes;
    }

    private static final class Content extends PlainReceiver {
        private final Set<Lease> settled = new HashSet<>();

        Content(Receiver next) {
            super(next);
        }

        @Override
        public List<Outcome> settle(List<Settlement> batch) throws Exception {
            List<Outcome> outcomes = new ArrayList<>();
            for (Settlement settlement : batch) {
                boolean again = !settled.add(settlement.delivery().lease());
                outcomes.add(
                        again ? Outcome.DONE : next.settle(List.of(settlement)).get(0));
            }
            return outcomes;
        }
    }

    private static QueueDriver acknowledgingById(QueueDriver driver) {
        return Faulty.settled(driver, (settlement, outcome) -> {
            if (settlement instanceof Settlement.Ack
                    && outcome.equals(Outcome.STALE)
                    && settlement.delivery() instanceof Delivery.Task task) {
                driver.cancel(task.envelope().topic(), task.envelope().taskId());
            }
            return outcome;
        });
    }

    private static QueueDriver retryingWhatIsDone(QueueDriver driver) {
        return Faulty.settled(driver, (settlement, outcome) -> {
            if (settlement instanceof Settlement.Later later && outcome.equals(Outcome.STALE)) {
                driver.send(List.of(later.delivery().envelope()), TIMEOUT);
            }
            return outcome;
        });
    }

    private static final class Lazy extends PlainReceiver {
        private final Queue<Settlement> acks = new ConcurrentLinkedQueue<>();

        Lazy(Receiver next) {
            super(next);
        }

        @Override
        public List<Delivery> receive(int max, Duration wait) throws Exception {
            if (max > 0) {
                flush();
            }
            return next.receive(max, wait);
        }

        @Override
        public List<Outcome> settle(List<Settlement> batch) throws Exception {
            flush();
            List<Outcome> outcomes = new ArrayList<>();
            for (Settlement settlement : batch) {
                boolean later = settlement instanceof Settlement.Ack
                        && next.extend(List.of(settlement.delivery())).isEmpty();
                if (later) {
                    acks.add(settlement);
                }
                outcomes.add(
                        later ? Outcome.DONE : next.settle(List.of(settlement)).get(0));
            }
            return outcomes;
        }

        private void flush() throws Exception {
            for (Settlement ack = acks.poll(); ack != null; ack = acks.poll()) {
                next.settle(List.of(ack));
            }
        }

        @Override
        public void close() {
            try {
                flush();
            } catch (Exception failed) {
                throw new IllegalStateException("could not settle: " + failed.getMessage(), failed);
            }
            next.close();
        }
    }

    private static boolean isForeign(DeadLetter letter) {
        return letter.enqueuedAt().isEmpty();
    }

    private static Settlement exhausted(Settlement settlement) {
        return settlement instanceof Settlement.Dead dead && dead.delivery() instanceof Delivery.Task task
                ? new Settlement.Dead(task, dead.progress(), DeadReason.ATTEMPTS_EXHAUSTED)
                : settlement;
    }

    private static final class Swallowing extends PlainReceiver {
        Swallowing(Receiver next) {
            super(next);
        }

        @Override
        public List<Delivery> receive(int max, Duration wait) throws Exception {
            List<Delivery> readable = new ArrayList<>();
            for (Delivery delivery : next.receive(max, wait)) {
                if (delivery instanceof Delivery.Unreadable unreadable) {
                    next.settle(List.of(new Settlement.Ack(Copy.readable(unreadable))));
                } else {
                    readable.add(delivery);
                }
            }
            return readable;
        }
    }

    private static final class Decoding extends PlainReceiver {
        Decoding(Receiver next) {
            super(next);
        }

        @Override
        public List<Delivery> receive(int max, Duration wait) throws Exception {
            return next.receive(max, wait).stream().map(Decoding::decoded).toList();
        }

        private static Delivery decoded(Delivery delivery) {
            return delivery instanceof Delivery.Unreadable raw
                    ? new Delivery.Unreadable(Bytes.utf8(raw.bytes().asUtf8()), raw.why(), raw.lease())
                    : delivery;
        }
    }

    /** A release as a retry. */
    private static Settlement released(Settlement settlement, Start start, int failures) {
        if (!(settlement instanceof Settlement.Release release && release.delivery() instanceof Delivery.Task task)) {
            return settlement;
        }
        Progress before = task.progress();
        Progress after = new Progress(
                before.verdicts() + failures,
                before.failures() + failures,
                before.interruptions(),
                before.replayed(),
                before.lastError());
        return new Settlement.Later(task, after, start);
    }

    private static QueueDriver charging(QueueDriver driver, Set<String> charged) {
        QueueDriver noting = Faulty.settled(driver, (settlement, outcome) -> {
            if (settlement instanceof Settlement.Release release && release.delivery() instanceof Delivery.Task task) {
                charged.add(task.envelope().taskId());
            }
            return outcome;
        });
        return Faulty.handing(
                noting, task -> charged.contains(task.envelope().taskId()) ? Copy.moreStarts(task, 1) : task);
    }

    private static final class OneAtATime extends PlainReceiver {
        private final ReentrantLock lock = new ReentrantLock();

        OneAtATime(Receiver next) {
            super(next);
        }

        @Override
        public List<Delivery> receive(int max, Duration wait) throws Exception {
            lock.lock();
            try {
                return next.receive(max, wait);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public List<Outcome> settle(List<Settlement> batch) throws Exception {
            lock.lock();
            try {
                return next.settle(batch);
            } finally {
                lock.unlock();
            }
        }
    }

    private static final class RollingBack extends PlainReceiver {
        private final QueueDriver driver;
        private final Queue<Envelope> uncommitted = new ConcurrentLinkedQueue<>();

        RollingBack(Receiver next, QueueDriver driver) {
            super(next);
            this.driver = driver;
        }

        @Override
        public List<Delivery> receive(int max, Duration wait) throws Exception {
            if (max > 0) {
                uncommitted.clear();
            }
            return next.receive(max, wait);
        }

        @Override
        public List<Outcome> settle(List<Settlement> batch) throws Exception {
            for (Settlement settlement : batch) {
                if (settlement instanceof Settlement.Ack && settlement.delivery() instanceof Delivery.Task task) {
                    uncommitted.add(task.envelope());
                }
            }
            return next.settle(batch);
        }

        @Override
        public void close() {
            next.close();
            try {
                driver.send(List.copyOf(uncommitted), TIMEOUT);
            } catch (Exception failed) {
                throw new IllegalStateException("could not roll back: " + failed.getMessage(), failed);
            }
        }
    }
}
