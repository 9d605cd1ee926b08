package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Lease;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.PriorStarts;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** Rules 14.60 to 14.72 broken, but for those about buffers. */
final class BrokenLeases {
    private BrokenLeases() {}

    static List<BrokenDriver> all() {
        return List.of(
                BrokenDriver.of(
                        "never ends a lease",
                        "14.60",
                        "1 should come on",
                        driver -> Faulty.opening(
                                driver,
                                options -> Faulty.options(
                                        options, options.maxUnsettled(), options.maxBytes(), Duration.ofDays(10_000)))),
                BrokenDriver.of(
                        "counts no starts",
                        "14.61",
                        "prior starts",
                        driver -> Faulty.handing(
                                driver,
                                task -> new Delivery.Task(
                                        task.envelope(), task.due(), task.progress(), PriorStarts.ZERO, task.lease()))),
                BrokenDriver.of(
                        "takes a lost lease for a failure",
                        "14.62",
                        "progress after a lost lease",
                        driver -> Faulty.handing(driver, BrokenLeases::failedByInterruption)),
                BrokenDriver.sharing(
                        "renews no lease",
                        "14.63",
                        "the lease of the only task was extended all the time",
                        backend -> driver -> renewingNothing(driver, backend)),
                BrokenDriver.of(
                        "cannot extend nothing",
                        "14.64",
                        "there is nothing to extend",
                        driver -> Faulty.receiving(driver, (topic, receiver) -> new NotNothing(receiver))),
                BrokenDriver.of(
                        "takes for lost what it was not asked to extend",
                        "14.64",
                        "what is lost of nothing",
                        driver -> Faulty.receiving(driver, (topic, receiver) -> new Pessimist(receiver))),
                BrokenDriver.of(
                        "says nothing of a lost lease",
                        "14.65",
                        "what a worker lost whose task another one has",
                        driver -> Faulty.receiving(driver, (topic, receiver) -> new Silent(receiver))),
                BrokenDriver.sharing(
                        "settles by id, whoever has the task",
                        "14.66",
                        "outcomes of a worker that lost its tasks to another",
                        backend -> driver -> Faulty.settling(driver, settlement -> current(settlement, backend))),
                BrokenDriver.sharing(
                        "stores the progress of who lost the task",
                        "14.67",
                        "progress, which the former owner tried to change",
                        backend -> {
                            Map<String, Progress> late = new ConcurrentHashMap<>();
                            return driver -> storingLateProgress(driver, late);
                        }),
                BrokenDriver.of(
                        "acknowledges at close what it had handed out",
                        "14.68",
                        "1 should come on",
                        driver -> closing(driver, Settlement.Ack::new)),
                BrokenDriver.of(
                        "releases at close what it had handed out",
                        "14.69",
                        "the lease holds, and its handler may still run",
                        driver -> closing(driver, Settlement.Release::new)),
                BrokenDriver.of(
                        "cannot close a receiver that never received",
                        "14.71",
                        "this receiver was not started",
                        driver -> Faulty.receiving(driver, (topic, receiver) -> new NotStarted(receiver))),
                BrokenDriver.of(
                        "closes all receivers with one", "14.72", "This receiver of", BrokenLeases::closingAll));
    }

    private static Delivery.Task failedByInterruption(Delivery.Task task) {
        Progress before = task.progress();
        return task.starts().count() == 0
                ? task
                : Copy.with(
                        task,
                        new Progress(
                                before.verdicts() + 1,
                                before.failures() + 1,
                                before.interruptions(),
                                before.replayed(),
                                Optional.of("lease lost")));
    }

    /** It asks the healthy driver, which would renew, only about leases that must be over. */
    private static QueueDriver renewingNothing(QueueDriver driver, Backend backend) {
        Map<Lease, Instant> ends = new ConcurrentHashMap<>();
        return new PlainDriver(driver) {
            @Override
            public Receiver receiver(String topic, ReceiverOptions options) throws Exception {
                return new PlainReceiver(next.receiver(topic, options)) {
                    @Override
                    public List<Delivery> receive(int max, Duration wait) throws Exception {
                        List<Delivery> found = next.receive(max, wait);
                        found.forEach(delivery ->
                                ends.put(delivery.lease(), backend.now().plus(options.lease())));
                        return found;
                    }

                    @Override
                    public List<Delivery> extend(List<Delivery> held) throws Exception {
                        Instant now = backend.now();
                        return next.extend(held.stream()
                                .filter(delivery -> !ends.getOrDefault(delivery.lease(), now)
                                        .isAfter(now))
                                .toList());
                    }
                };
            }
        };
    }

    private static final class NotNothing extends PlainReceiver {
        NotNothing(Receiver next) {
            super(next);
        }

        @Override
        public List<Delivery> extend(List<Delivery> held) throws Exception {
            if (held.isEmpty()) {
                throw new IllegalArgumentException("there is nothing to extend");
            }
            return next.extend(held);
        }
    }

    private static final class Silent extends PlainReceiver {
        Silent(Receiver next) {
            super(next);
        }

        @Override
        public List<Delivery> extend(List<Delivery> held) throws Exception {
            next.extend(held);
            return List.of();
        }
    }

    private static final class Pessimist extends PlainReceiver {
        private final Set<Delivery> out = ConcurrentHashMap.newKeySet();

        Pessimist(Receiver next) {
            super(next);
        }

        @Override
        public List<Delivery> receive(int max, Duration wait) throws Exception {
            List<Delivery> found = next.receive(max, wait);
            out.addAll(found);
            return found;
        }

        @Override
        public List<Delivery> extend(List<Delivery> held) throws Exception {
            List<Delivery> lost = new ArrayList<>(next.extend(held));
            out.stream().filter(delivery -> !held.contains(delivery)).forEach(lost::add);
            return lost;
        }
    }

    /** The settlement by the lease of whoever has the task now. */
    private static Settlement current(Settlement settlement, Backend backend) {
        if (!(settlement.delivery() instanceof Delivery.Task late)) {
            return settlement;
        }
        Delivery.Task task = backend.out().getOrDefault(late.envelope().taskId(), late);
        if (settlement instanceof Settlement.Later later) {
            return new Settlement.Later(task, later.progress(), later.start());
        }
        if (settlement instanceof Settlement.Dead dead) {
            return new Settlement.Dead(task, dead.progress(), dead.reason());
        }
        return settlement instanceof Settlement.Ack ? new Settlement.Ack(task) : new Settlement.Release(task);
    }

    private static QueueDriver storingLateProgress(QueueDriver driver, Map<String, Progress> late) {
        QueueDriver noting = Faulty.settled(driver, (settlement, outcome) -> {
            if (settlement instanceof Settlement.Later later && outcome.equals(Outcome.STALE)) {
                late.put(later.delivery().envelope().taskId(), later.progress());
            }
            return outcome;
        });
        return Faulty.handing(
                noting,
                task -> Copy.with(task, late.getOrDefault(task.envelope().taskId(), task.progress())));
    }

    /** What is out when a receiver is closed is settled. */
    private static QueueDriver closing(QueueDriver driver, Function<Delivery.Task, Settlement> settlement) {
        return Faulty.receiving(driver, (topic, receiver) -> new PlainReceiver(receiver) {
            private final Set<Delivery.Task> out = ConcurrentHashMap.newKeySet();

            @Override
            public List<Delivery> receive(int max, Duration wait) throws Exception {
                List<Delivery> found = next.receive(max, wait);
                found.forEach(delivery -> {
                    if (delivery instanceof Delivery.Task task) {
                        out.add(task);
                    }
                });
                return found;
            }

            @Override
            public void close() {
                try {
                    next.settle(out.stream().map(settlement).toList());
                } catch (Exception failed) {
                    throw new IllegalStateException("could not settle: " + failed.getMessage(), failed);
                }
                next.close();
            }
        });
    }

    private static final class NotStarted extends PlainReceiver {
        private volatile boolean started;

        NotStarted(Receiver next) {
            super(next);
        }

        @Override
        public List<Delivery> receive(int max, Duration wait) throws Exception {
            started = true;
            return next.receive(max, wait);
        }

        @Override
        public void close() {
            next.close();
            if (!started) {
                throw new IllegalStateException("this receiver was not started");
            }
        }
    }

    private static QueueDriver closingAll(QueueDriver driver) {
        Set<Receiver> open = ConcurrentHashMap.newKeySet();
        return Faulty.receiving(driver, (topic, receiver) -> {
            open.add(receiver);
            return new PlainReceiver(receiver) {
                @Override
                public void close() {
                    open.forEach(Receiver::close);
                }
            };
        });
    }
}
