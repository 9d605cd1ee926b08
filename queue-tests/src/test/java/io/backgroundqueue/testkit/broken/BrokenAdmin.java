package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.Scope;
import io.backgroundqueue.Start;
import io.backgroundqueue.TopicStats;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** Rules 14.120 to 14.128 broken. */
final class BrokenAdmin {
    private BrokenAdmin() {}

    static List<BrokenDriver> all() {
        return List.of(
                BrokenDriver.sharing(
                        "cancels in words only",
                        "14.120",
                        "the only task was cancelled",
                        backend -> driver -> cancelling(driver, (topic, id) -> inWords(driver, backend, topic, id))),
                BrokenDriver.sharing(
                        "finds no delayed task to cancel",
                        "14.120",
                        "whether a delayed task was cancelled",
                        backend -> driver ->
                                cancelling(driver, (topic, id) -> isReady(backend, id) && driver.cancel(topic, id))),
                BrokenDriver.sharing(
                        "claims to have cancelled what runs",
                        "14.121",
                        "whether a task that runs was cancelled",
                        backend -> driver -> cancelling(
                                driver,
                                (topic, id) -> driver.cancel(topic, id)
                                        || backend.out().containsKey(id))),
                BrokenDriver.sharing(
                        "claims to have cancelled what is gone",
                        "14.122",
                        "whether a task was cancelled that is done",
                        backend -> driver -> cancelling(
                                driver,
                                (topic, id) -> driver.cancel(topic, id)
                                        || !backend.out().containsKey(id))),
                BrokenDriver.sharing(
                        "purges what runs",
                        "14.123",
                        "outcome of the ack of a task that ran at the purge",
                        backend -> driver -> purging(driver, (topic, scope) -> {
                            if (scope == Scope.READY) {
                                acknowledgeAll(driver, backend, topic);
                            }
                            return driver.purge(topic, scope);
                        })),
                BrokenDriver.of(
                        "counts a purge as one",
                        "14.124",
                        "what a purge of 4 waiting tasks answered",
                        driver -> purging(
                                driver,
                                (topic, scope) -> scope == Scope.READY
                                        ? Math.min(1, driver.purge(topic, scope))
                                        : driver.purge(topic, scope))),
                BrokenDriver.sharing(
                        "purges all topics",
                        "14.125",
                        "1 should come on",
                        backend -> driver -> purging(driver, (topic, scope) -> {
                            for (String other : scope == Scope.READY ? topics(backend, topic) : Set.<String>of()) {
                                driver.purge(other, scope);
                            }
                            return driver.purge(topic, scope);
                        })),
                BrokenDriver.of(
                        "purges dead letters with the tasks",
                        "14.125",
                        "dead letters after a purge of the tasks",
                        driver -> purging(driver, (topic, scope) -> {
                            long purged = driver.purge(topic, scope);
                            driver.purge(topic, Scope.DEAD);
                            return purged;
                        })),
                BrokenDriver.of(
                        "purges tasks with the dead letters",
                        "14.126",
                        "1 should come on",
                        driver -> purging(driver, (topic, scope) -> {
                            long purged = driver.purge(topic, scope);
                            driver.purge(topic, Scope.READY);
                            return purged;
                        })),
                BrokenDriver.of(
                        "counts what runs as ready",
                        "14.127",
                        "stats should become",
                        driver -> counting(
                                driver,
                                stats -> new TopicStats(
                                        OptionalLong.of(stats.ready().orElse(0)
                                                + stats.running().orElse(0)),
                                        stats.delayed(),
                                        stats.running(),
                                        stats.dead(),
                                        stats.oldestReady()))),
                BrokenDriver.of(
                        "finds all ready tasks young",
                        "14.127",
                        "age of the oldest ready task",
                        driver -> counting(
                                driver,
                                stats -> new TopicStats(
                                        stats.ready(),
                                        stats.delayed(),
                                        stats.running(),
                                        stats.dead(),
                                        Optional.of(Duration.ZERO)))),
                BrokenDriver.sharing(
                        "checks by taking a task off",
                        "14.128",
                        "1 should come on",
                        backend -> driver -> new PlainDriver(driver) {
                            @Override
                            public void check() throws Exception {
                                next.check();
                                for (String topic : topics(backend, "")) {
                                    BrokenSends.takeOne(next, topic);
                                }
                            }
                        }));
    }

    @FunctionalInterface
    private interface Cancel {
        boolean cancel(String topic, String id) throws Exception;
    }

    private static QueueDriver cancelling(QueueDriver driver, Cancel instead) {
        return new PlainDriver(driver) {
            @Override
            public boolean cancel(String topic, String taskId) throws Exception {
                return instead.cancel(topic, taskId);
            }
        };
    }

    @FunctionalInterface
    private interface Purge {
        long purge(String topic, Scope scope) throws Exception;
    }

    private static QueueDriver purging(QueueDriver driver, Purge instead) {
        return new PlainDriver(driver) {
            @Override
            public long purge(String topic, Scope scope) throws Exception {
                return instead.purge(topic, scope);
            }
        };
    }

    private static QueueDriver counting(QueueDriver driver, UnaryOperator<TopicStats> change) {
        return new PlainDriver(driver) {
            @Override
            public TopicStats stats(String topic) throws Exception {
                return change.apply(next.stats(topic));
            }
        };
    }

    private static boolean inWords(QueueDriver driver, Backend backend, String topic, String id) throws Exception {
        boolean cancelled = driver.cancel(topic, id);
        Envelope task = backend.sent().get(id);
        if (cancelled && task != null) {
            driver.send(List.of(Copy.of(task).withoutDeduplication().done()), Duration.ofSeconds(10));
        }
        return cancelled;
    }

    private static boolean isReady(Backend backend, String id) {
        Envelope task = backend.sent().get(id);
        return task == null || task.start() instanceof Start.Now;
    }

    private static void acknowledgeAll(QueueDriver driver, Backend backend, String topic) throws Exception {
        try (Receiver receiver = driver.receiver(topic, Faulty.OPTIONS)) {
            for (Delivery.Task task : List.copyOf(backend.out().values())) {
                if (task.envelope().topic().equals(topic)) {
                    receiver.settle(List.of(new Settlement.Ack(task)));
                }
            }
        }
    }

    /** All topics that tests sent to, but for one. */
    private static Set<String> topics(Backend backend, String butFor) {
        return backend.sent().values().stream()
                .map(Envelope::topic)
                .filter(topic -> !topic.equals(butFor))
                .collect(Collectors.toSet());
    }
}
