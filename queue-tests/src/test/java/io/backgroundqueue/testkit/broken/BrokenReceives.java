package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.Capabilities;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Rules 14.20 to 14.30 broken, but for those about buffers. */
final class BrokenReceives {
    private BrokenReceives() {}

    static List<BrokenDriver> all() {
        return List.of(
                BrokenDriver.of(
                        "hands out a task to who wants none",
                        "14.20",
                        "whether receive with max = 0 returned a task",
                        driver -> asking(driver, max -> Math.max(max, 1))),
                BrokenDriver.of(
                        "hands out one more than asked for",
                        "14.21",
                        "deliveries per receive with max = 2",
                        driver -> asking(driver, max -> max > 1 ? max + 1 : max)),
                BrokenDriver.of(
                        "ignores maxBytes",
                        "14.22",
                        "payload bytes per receive with maxBytes = 1000",
                        driver -> Faulty.opening(
                                driver,
                                options -> Faulty.options(
                                        options, options.maxUnsettled(), Integer.MAX_VALUE, options.lease()))),
                BrokenDriver.of(
                        "never hands out what is larger than maxBytes",
                        "14.22",
                        "1 should come on",
                        BrokenReceives::keepingWhatIsLarge),
                BrokenDriver.of(
                        "ignores maxUnsettled",
                        "14.23",
                        "maxUnsettled is 3",
                        driver -> Faulty.opening(
                                driver,
                                options -> Faulty.options(
                                        options, Integer.MAX_VALUE, options.maxBytes(), options.lease()))),
                BrokenDriver.of(
                        "waits for a task as long as it takes",
                        "14.24",
                        "a receive with a wait of PT0.3S should have returned",
                        driver -> waiting(driver, Duration.ofDays(1_000))),
                BrokenDriver.sharing(
                        "sleeps while it should wait",
                        "14.25",
                        "a waiting receive should have returned the task that was sent",
                        backend -> driver ->
                                Faulty.receiving(driver, (topic, receiver) -> new Sleepy(receiver, backend.time()))),
                BrokenDriver.of(
                        "waits for 20 seconds and cannot be woken",
                        "14.26",
                        "whether a receive that may wait PT20S returned after wake",
                        BrokenReceives::deaf),
                BrokenDriver.of(
                        "answers no settlement while it is parked",
                        "14.28",
                        "outcome of Ack on a parked receiver",
                        driver -> Faulty.receiving(driver, (topic, receiver) -> new Parked(receiver))),
                BrokenDriver.of(
                        "hands a task to two receivers",
                        "14.30",
                        "the only task is out, and its lease holds",
                        BrokenReceives::handingOutTwice));
    }

    @FunctionalInterface
    private interface Max {
        int instead(int max);
    }

    private static QueueDriver asking(QueueDriver driver, Max max) {
        return Faulty.receiving(driver, (topic, receiver) -> new PlainReceiver(receiver) {
            @Override
            public List<Delivery> receive(int most, Duration wait) throws Exception {
                return next.receive(max.instead(most), wait);
            }
        });
    }

    private static QueueDriver keepingWhatIsLarge(QueueDriver driver) {
        return new PlainDriver(driver) {
            @Override
            public Receiver receiver(String topic, ReceiverOptions options) throws Exception {
                return new PlainReceiver(next.receiver(topic, options)) {
                    @Override
                    public List<Delivery> receive(int max, Duration wait) throws Exception {
                        List<Delivery> found = next.receive(max, wait);
                        if (bytes(found) <= options.maxBytes()) {
                            return found;
                        }
                        next.settle(List.of(new Settlement.Release(found.get(0))));
                        return List.of();
                    }
                };
            }
        };
    }

    private static int bytes(List<Delivery> deliveries) {
        return deliveries.stream()
                .mapToInt(delivery -> delivery instanceof Delivery.Task task
                        ? task.envelope().payload().size()
                        : 0)
                .sum();
    }

    private static QueueDriver waiting(QueueDriver driver, Duration instead) {
        return Faulty.receiving(driver, (topic, receiver) -> new PlainReceiver(receiver) {
            @Override
            public List<Delivery> receive(int max, Duration wait) throws Exception {
                return next.receive(max, wait.isZero() ? wait : instead);
            }
        });
    }

    private static final class Sleepy extends PlainReceiver {
        private final Time time;
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition never = lock.newCondition();

        Sleepy(Receiver next, Time time) {
            super(next);
            this.time = time;
        }

        @Override
        public List<Delivery> receive(int max, Duration wait) throws Exception {
            long end = time.deadline(wait);
            lock.lock();
            try {
                while (time.nanos() - end < 0) {
                    time.await(lock, never, end);
                }
            } finally {
                lock.unlock();
            }
            return next.receive(max, Duration.ZERO);
        }
    }

    /** That it may wait so long is no fault; that it does when it is woken is one. */
    private static QueueDriver deaf(QueueDriver driver) {
        QueueDriver deaf = Faulty.receiving(driver, (topic, receiver) -> new PlainReceiver(receiver) {
            @Override
            public void wake() {}
        });
        return new PlainDriver(deaf) {
            @Override
            public Capabilities capabilities() {
                Capabilities healthy = next.capabilities();
                return new Capabilities(
                        healthy.backend(),
                        healthy.features(),
                        healthy.limits().maxWait(Duration.ofSeconds(20)),
                        healthy.leaseKind(),
                        healthy.settleDurable(),
                        healthy.conflictReported(),
                        healthy.interruptionPrecision(),
                        healthy.durability());
            }
        };
    }

    private static final class Parked extends PlainReceiver {
        private volatile boolean parked;

        Parked(Receiver next) {
            super(next);
        }

        @Override
        public List<Delivery> receive(int max, Duration wait) throws Exception {
            parked = parked && max == 0;
            return next.receive(max, wait);
        }

        @Override
        public void park() throws Exception {
            parked = true;
            next.park();
        }

        @Override
        public List<Outcome> settle(List<Settlement> batch) throws Exception {
            return parked ? Collections.nCopies(batch.size(), Outcome.STALE) : next.settle(batch);
        }
    }

    /** What one receiver has, another of its topic gets too when there is nothing else. */
    private static QueueDriver handingOutTwice(QueueDriver driver) {
        Map<Delivery, Receiver> out = new ConcurrentHashMap<>();
        return Faulty.receiving(driver, (topic, receiver) -> new PlainReceiver(receiver) {
            @Override
            public List<Delivery> receive(int max, Duration wait) throws Exception {
                List<Delivery> found = next.receive(max, wait);
                found.forEach(delivery -> out.put(delivery, this));
                return found.isEmpty() && max > 0 ? anothers() : found;
            }

            private List<Delivery> anothers() {
                List<Delivery> anothers = out.keySet().stream()
                        .filter(delivery -> delivery instanceof Delivery.Task task
                                && task.envelope().topic().equals(topic)
                                && !this.equals(out.get(delivery)))
                        .limit(1)
                        .toList();
                anothers.forEach(out::remove);
                return anothers;
            }

            @Override
            public List<Outcome> settle(List<Settlement> batch) throws Exception {
                batch.forEach(settlement -> out.remove(settlement.delivery()));
                return next.settle(batch);
            }
        });
    }
}
