package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/** Rules 14.90 to 14.96 broken. */
final class BrokenOrders {
    /** How far it looks ahead. */
    private static final int AHEAD = 10;

    private BrokenOrders() {}

    static List<BrokenDriver> all() {
        return List.of(
                BrokenDriver.sharing(
                        "ignores priorities",
                        "14.90",
                        "picks before which a higher level had work",
                        backend -> driver -> Faulty.storing(
                                driver,
                                backend,
                                task -> Copy.of(task).priority(0).done())),
                BrokenDriver.of(
                        "sends a batch backwards",
                        "14.91",
                        "ids in order of hand-out",
                        driver -> backwards(driver, task -> task.orderingKey().isEmpty())),
                BrokenDriver.of(
                        "lets low priorities starve",
                        "14.92",
                        "tasks of priority 0 among the first 48, while priority 9 has work",
                        driver -> inOrder(
                                driver,
                                Comparator.comparing(task -> -task.envelope().priority()))),
                BrokenDriver.of(
                        "puts retries behind all else",
                        "14.93",
                        "where a retried one of priority 9 waits beside fresh ones of 0",
                        driver -> inOrder(
                                driver,
                                Comparator.comparing(task -> task.progress().verdicts() > 0))),
                BrokenDriver.sharing(
                        "ignores ordering keys",
                        "14.94",
                        "the task before it, of the same key, is out",
                        backend -> driver -> withoutKeys(driver, backend)),
                BrokenDriver.of(
                        "sends the tasks of a key backwards",
                        "14.95",
                        "ids of one key in order of hand-out",
                        driver -> backwards(driver, task -> task.orderingKey().isPresent())),
                BrokenDriver.sharing(
                        "lets the next of a key pass a retry",
                        "14.96",
                        "the task of another key than the one that is held back",
                        backend -> {
                            Map<String, String> busy = new ConcurrentHashMap<>();
                            return driver -> Faulty.receiving(
                                    withoutKeys(driver, backend), (topic, receiver) -> new Keyed(receiver, busy));
                        }),
                BrokenDriver.sharing(
                        "holds back all keys for a retry of one",
                        "14.96",
                        "1 should come on",
                        backend -> driver ->
                                Faulty.receiving(driver, (topic, receiver) -> new AllKeys(receiver, backend))));
    }

    /** A batch goes in backwards, if it is one of tasks like these. */
    private static QueueDriver backwards(QueueDriver driver, Predicate<Envelope> which) {
        return new PlainDriver(driver) {
            @Override
            public List<SendResult> send(List<Envelope> batch, Duration timeout) throws Exception {
                return batch.stream().allMatch(which)
                        ? BrokenSends.reversed(next.send(BrokenSends.reversed(batch), timeout))
                        : next.send(batch, timeout);
            }
        };
    }

    /** Hands out, of the tasks that are next, those that come first in another order. */
    static QueueDriver inOrder(QueueDriver driver, Comparator<Delivery.Task> order) {
        return Faulty.receiving(driver, (topic, receiver) -> new PlainReceiver(receiver) {
            @Override
            public List<Delivery> receive(int max, Duration wait) throws Exception {
                List<Delivery> found = next.receive(max == 0 ? 0 : max + AHEAD, wait);
                List<Delivery> ordered = new ArrayList<>(found);
                ordered.sort((a, b) -> a instanceof Delivery.Task first && b instanceof Delivery.Task second
                        ? order.compare(first, second)
                        : 0);
                int most = Math.min(max, ordered.size());
                release(next, ordered.subList(most, ordered.size()));
                return List.copyOf(ordered.subList(0, most));
            }
        });
    }

    private static void release(Receiver receiver, List<Delivery> deliveries) throws Exception {
        List<Settlement> releases = new ArrayList<>();
        deliveries.forEach(delivery -> releases.add(new Settlement.Release(delivery)));
        receiver.settle(releases);
    }

    private static QueueDriver withoutKeys(QueueDriver driver, Backend backend) {
        return Faulty.storing(
                driver, backend, task -> Copy.of(task).withoutKey().done());
    }

    /** A key is busy while one of its tasks is out, and no longer. */
    private static final class Keyed extends PlainReceiver {
        private final Map<String, String> busy;

        Keyed(Receiver next, Map<String, String> busy) {
            super(next);
            this.busy = busy;
        }

        @Override
        public List<Delivery> receive(int max, Duration wait) throws Exception {
            List<Delivery> chosen = new ArrayList<>();
            List<Delivery> others = new ArrayList<>();
            for (Delivery delivery : next.receive(max == 0 ? 0 : max + AHEAD, wait)) {
                (chosen.size() < max && mayStart(delivery) ? chosen : others).add(delivery);
            }
            release(next, others);
            return chosen;
        }

        private boolean mayStart(Delivery delivery) {
            return !(delivery instanceof Delivery.Task task)
                    || task.envelope().orderingKey().isEmpty()
                    || busy.putIfAbsent(key(task), task.envelope().taskId()) == null;
        }

        @Override
        public List<Outcome> settle(List<Settlement> batch) throws Exception {
            for (Settlement settlement : batch) {
                if (settlement.delivery() instanceof Delivery.Task task) {
                    busy.remove(key(task), task.envelope().taskId());
                }
            }
            return next.settle(batch);
        }

        private static String key(Delivery.Task task) {
            return task.envelope().topic() + "/" + task.envelope().orderingKey();
        }
    }

    private static final class AllKeys extends PlainReceiver {
        private final Backend backend;
        private volatile Instant until = Instant.MIN;

        AllKeys(Receiver next, Backend backend) {
            super(next);
            this.backend = backend;
        }

        @Override
        public List<Delivery> receive(int max, Duration wait) throws Exception {
            return next.receive(until.isAfter(backend.now()) ? 0 : max, wait);
        }

        @Override
        public List<Outcome> settle(List<Settlement> batch) throws Exception {
            for (Settlement settlement : batch) {
                if (settlement instanceof Settlement.Later later
                        && later.delivery().envelope().orderingKey().isPresent()) {
                    until = later.start().resolve(backend.now());
                }
            }
            return next.settle(batch);
        }
    }
}
