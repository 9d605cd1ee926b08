package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Deduplication;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** Rules 14.100 to 14.111 broken. */
final class BrokenDeduplication {
    private BrokenDeduplication() {}

    static List<BrokenDriver> all() {
        return List.of(
                BrokenDriver.sharing(
                        "ignores deduplication ids",
                        "14.100",
                        "result of a second task of a deduplication id",
                        backend -> driver -> Faulty.storing(
                                driver,
                                backend,
                                task -> Copy.of(task).withoutDeduplication().done())),
                BrokenDriver.of(
                        "stores duplicates all the same",
                        "14.100",
                        "the second task was refused as a duplicate",
                        BrokenDeduplication::storingDuplicates),
                BrokenDriver.of(
                        "names a duplicate as the first",
                        "14.101",
                        "the task that a duplicate is of",
                        driver -> answeringEach(
                                driver,
                                (task, result) -> result instanceof SendResult.Duplicate ? duplicateOf(task) : result)),
                BrokenDriver.sharing(
                        "takes ids for the same that differ in case",
                        "14.102",
                        "an id that differs in case",
                        backend -> driver -> ids(driver, backend, id -> id.toLowerCase(Locale.ROOT))),
                BrokenDriver.sharing(
                        "has one namespace of ids for all topics",
                        "14.102",
                        "the same id on another topic",
                        backend -> driver -> Faulty.refusing(driver, task -> elsewhere(task, backend))),
                BrokenDriver.sharing(
                        "forgets an id when its task is done",
                        "14.103",
                        "result of a second task of an id whose first is done",
                        BrokenDeduplication::forgettingWhatIsDone),
                BrokenDriver.sharing(
                        "remembers ids for ever",
                        "14.104",
                        "result of a task of an id whose window is over",
                        backend -> driver -> deduplicating(
                                driver, backend, asked -> new Deduplication(asked.id(), Duration.ofDays(10_000)))),
                BrokenDriver.sharing("remembers ids in each process", "14.105", "accepted sends", backend -> {
                    AtomicInteger processes = new AtomicInteger();
                    return driver -> {
                        int process = processes.incrementAndGet();
                        return ids(driver, backend, id -> id + " of process " + process);
                    };
                }),
                BrokenDriver.sharing(
                        "renews the window with a retry",
                        "14.106",
                        "a task of an id whose window is over, its first task retried meanwhile",
                        backend -> driver -> {
                            Renewed renewed = new Renewed(driver, backend);
                            return Faulty.settled(renewed, (settlement, outcome) -> {
                                if (settlement instanceof Settlement.Later later) {
                                    renewed.renew(later.delivery().envelope());
                                }
                                return outcome;
                            });
                        }),
                BrokenDriver.sharing(
                        "renews the window with a duplicate",
                        "14.107",
                        "a task of an id whose window is over, a duplicate refused meanwhile",
                        backend -> driver -> {
                            Renewed renewed = new Renewed(driver, backend);
                            return answeringEach(renewed, (task, result) -> {
                                if (result instanceof SendResult.Duplicate) {
                                    renewed.renew(task);
                                }
                                return result;
                            });
                        }),
                BrokenDriver.of(
                        "takes a task that is sent again for its own duplicate",
                        "14.108",
                        "result of sending the same task again",
                        BrokenDeduplication::duplicateOfItself),
                BrokenDriver.of(
                        "blocks the id of a cancelled task",
                        "14.109",
                        "result of a task of an id whose first task was cancelled",
                        BrokenDeduplication::blockingWhatIsCancelled),
                BrokenDriver.sharing(
                        "deduplicates no delayed tasks",
                        "14.110",
                        "result of a second task of an id whose first is delayed",
                        backend -> driver -> Faulty.storing(
                                driver,
                                backend,
                                task -> task.start() instanceof Start.Now
                                        ? task
                                        : Copy.of(task).withoutDeduplication().done())),
                BrokenDriver.of(
                        "remembers the id of a task that it did not take",
                        "14.111",
                        "result of a task of an id whose first task was refused",
                        BrokenDeduplication::remembering));
    }

    @FunctionalInterface
    private interface Answer {
        SendResult instead(Envelope task, SendResult result);
    }

    private static QueueDriver answeringEach(QueueDriver driver, Answer answer) {
        return Faulty.answering(driver, (batch, results) -> {
            List<SendResult> changed = new ArrayList<>();
            for (int i = 0; i < batch.size(); i++) {
                changed.add(answer.instead(batch.get(i), results.get(i)));
            }
            return changed;
        });
    }

    private static SendResult duplicateOf(Envelope task) {
        return new SendResult.Duplicate(Optional.of(task.taskId()));
    }

    private static QueueDriver deduplicating(QueueDriver driver, Backend backend, UnaryOperator<Deduplication> change) {
        return Faulty.storing(
                driver, backend, task -> Copy.of(task).deduplication(change).done());
    }

    private static QueueDriver ids(QueueDriver driver, Backend backend, UnaryOperator<String> change) {
        return deduplicating(driver, backend, asked -> new Deduplication(change.apply(asked.id()), asked.window()));
    }

    /** The topic and the deduplication id. */
    private static String key(Envelope task) {
        return task.topic() + "/" + task.deduplication().map(Deduplication::id);
    }

    private static QueueDriver storingDuplicates(QueueDriver driver) {
        return new PlainDriver(driver) {
            @Override
            public List<SendResult> send(List<Envelope> batch, Duration timeout) throws Exception {
                List<SendResult> results = next.send(batch, timeout);
                for (int i = 0; i < batch.size(); i++) {
                    if (results.get(i) instanceof SendResult.Duplicate) {
                        Envelope copy =
                                Copy.of(batch.get(i)).withoutDeduplication().done();
                        next.send(List.of(copy), timeout);
                    }
                }
                return results;
            }
        };
    }

    private static Optional<SendResult> elsewhere(Envelope task, Backend backend) {
        return backend.sent().values().stream()
                .filter(other -> !other.topic().equals(task.topic())
                        && other.deduplication().isPresent()
                        && other.deduplication().equals(task.deduplication()))
                .findFirst()
                .map(BrokenDeduplication::duplicateOf);
    }

    private static UnaryOperator<QueueDriver> forgettingWhatIsDone(Backend backend) {
        Map<String, Integer> done = new ConcurrentHashMap<>();
        return driver -> {
            QueueDriver storing = Faulty.storing(
                    driver,
                    backend,
                    task -> Copy.of(task)
                            .deduplication(asked -> new Deduplication(
                                    asked.id() + " after " + done.getOrDefault(key(task), 0), asked.window()))
                            .done());
            return Faulty.settled(storing, (settlement, outcome) -> {
                if (settlement instanceof Settlement.Ack
                        && outcome.equals(Outcome.DONE)
                        && settlement.delivery() instanceof Delivery.Task task) {
                    done.merge(key(task.envelope()), 1, Integer::sum);
                }
                return outcome;
            });
        };
    }

    /** Remembers some ids longer than the healthy driver does. */
    private static final class Renewed extends PlainDriver {
        private final Backend backend;
        private final Map<String, Instant> until = new ConcurrentHashMap<>();

        Renewed(QueueDriver next, Backend backend) {
            super(next);
            this.backend = backend;
        }

        void renew(Envelope task) {
            task.deduplication()
                    .ifPresent(asked -> until.put(key(task), backend.now().plus(asked.window())));
        }

        @Override
        public List<SendResult> send(List<Envelope> batch, Duration timeout) throws Exception {
            List<SendResult> results = new ArrayList<>();
            for (Envelope task : batch) {
                boolean taken = until.getOrDefault(key(task), Instant.MIN).isAfter(backend.now());
                results.add(
                        taken
                                ? new SendResult.Duplicate(Optional.empty())
                                : next.send(List.of(task), timeout).get(0));
            }
            return results;
        }

        @Override
        public boolean cancel(String topic, String taskId) throws Exception {
            until.clear();
            return next.cancel(topic, taskId);
        }
    }

    private static QueueDriver duplicateOfItself(QueueDriver driver) {
        Set<String> known = ConcurrentHashMap.newKeySet();
        return answeringEach(
                driver,
                (task, result) ->
                        task.deduplication().isPresent() && !known.add(task.taskId()) ? duplicateOf(task) : result);
    }

    private static QueueDriver blockingWhatIsCancelled(QueueDriver driver) {
        Map<String, String> cancelled = new ConcurrentHashMap<>();
        Map<String, Envelope> sent = new ConcurrentHashMap<>();
        QueueDriver refusing = Faulty.refusing(driver, task -> {
            sent.put(task.taskId(), task);
            return Optional.ofNullable(cancelled.get(key(task)))
                    .map(first -> new SendResult.Duplicate(Optional.of(first)));
        });
        return new PlainDriver(refusing) {
            @Override
            public boolean cancel(String topic, String taskId) throws Exception {
                boolean done = next.cancel(topic, taskId);
                Envelope task = sent.get(taskId);
                if (done && task != null && task.deduplication().isPresent()) {
                    cancelled.put(key(task), taskId);
                }
                return done;
            }
        };
    }

    private static QueueDriver remembering(QueueDriver driver) {
        Set<String> leaked = ConcurrentHashMap.newKeySet();
        QueueDriver noting = answeringEach(driver, (task, result) -> {
            if (result instanceof SendResult.Failed && task.deduplication().isPresent()) {
                leaked.add(key(task));
            }
            return result;
        });
        return Faulty.refusing(
                noting,
                task -> leaked.contains(key(task))
                        ? Optional.of(new SendResult.Duplicate(Optional.empty()))
                        : Optional.empty());
    }
}
