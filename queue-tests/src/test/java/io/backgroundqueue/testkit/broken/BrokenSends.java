package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.Scope;
import io.backgroundqueue.TopicStats;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** Rules 14.1 to 14.12 broken. */
final class BrokenSends {
    private BrokenSends() {}

    static List<BrokenDriver> all() {
        return List.of(
                BrokenDriver.of(
                        "loses the last task of a batch of fifty", "14.1", "did not", BrokenSends::losingTheFiftieth),
                BrokenDriver.of(
                        "forgets the last result of a batch",
                        "14.2",
                        "results of a batch of 7",
                        driver -> Faulty.answering(
                                driver,
                                (batch, results) ->
                                        results.size() > 1 ? results.subList(0, results.size() - 1) : results)),
                BrokenDriver.of(
                        "answers a batch backwards",
                        "14.2",
                        "whether each of four tasks was a duplicate, as the second is",
                        driver -> Faulty.answering(driver, (batch, results) -> reversed(results))),
                BrokenDriver.of(
                        "makes {} of the payload []",
                        "14.3",
                        "the payload 'empty array'",
                        driver -> payloads(driver, text -> text.equals("[]") ? "{}" : text)),
                BrokenDriver.of(
                        "prints the numbers of a payload anew",
                        "14.3",
                        "the payload 'big numbers'",
                        driver -> payloads(
                                driver, text -> text.replace("12345678901234567890.10", "1.2345678901234567E19"))),
                BrokenDriver.of(
                        "takes payloads for text",
                        "14.3",
                        "the payload 'all byte values'",
                        driver -> Faulty.sending(
                                driver,
                                task -> Copy.of(task)
                                        .payload(task.payload().asUtf8())
                                        .done())),
                BrokenDriver.of(
                        "drops the headers",
                        "14.4",
                        "headers",
                        driver -> Faulty.sending(
                                driver, task -> Copy.of(task).headers(Map.of()).done())),
                BrokenDriver.of(
                        "never stores the attempts",
                        "14.4",
                        "attempts",
                        driver -> Faulty.sending(
                                driver, task -> Copy.of(task).withoutAttempts().done())),
                BrokenDriver.of(
                        "reads no error as an empty one",
                        "14.5",
                        "progress of a task that never ran",
                        driver -> Faulty.handing(driver, BrokenSends::withEmptyError)),
                BrokenDriver.of(
                        "knows no characters but ASCII",
                        "14.6",
                        "headers of the id",
                        driver -> Faulty.sending(driver, BrokenSends::inAscii)),
                BrokenDriver.of(
                        "takes ids of up to 128 characters only",
                        "14.6",
                        "result of sending the id",
                        driver -> Faulty.refusing(driver, BrokenSends::longId)),
                BrokenDriver.of(
                        "stores a task twice that is sent twice",
                        "14.7",
                        "the same id was sent twice and is one task",
                        BrokenSends::storingAgain),
                BrokenDriver.of(
                        "fails a whole batch for one task",
                        "14.8",
                        "results of a batch whose second task is refused",
                        driver -> Faulty.answering(
                                driver,
                                (batch, results) -> results.stream()
                                        .filter(result -> result instanceof SendResult.Failed)
                                        .findFirst()
                                        .map(failed -> Collections.nCopies(results.size(), failed))
                                        .orElse(results))),
                BrokenDriver.sharing(
                        "makes one topic of a.b and a_b",
                        "14.9",
                        "ids of its own topic",
                        backend -> driver -> new Renamed(driver, backend, topic -> topic.replace('.', '_'))),
                BrokenDriver.sharing(
                        "acknowledges what belongs to another topic",
                        "14.10",
                        "did not; these did",
                        backend -> driver -> Faulty.receiving(
                                driver, (topic, receiver) -> new Greedy(receiver, topic, driver, backend))),
                BrokenDriver.sharing(
                        "cuts topics off after 100 characters",
                        "14.11",
                        "the only task of",
                        backend -> driver -> new Renamed(
                                driver, backend, topic -> topic.substring(0, Math.min(topic.length(), 100)))),
                BrokenDriver.of(
                        "has a buffer for one thread and forgets that of the others",
                        "14.12",
                        "did not; these did",
                        BrokenSends::forOneThread));
    }

    private static QueueDriver losingTheFiftieth(QueueDriver driver) {
        return new PlainDriver(driver) {
            @Override
            public List<SendResult> send(List<Envelope> batch, Duration timeout) throws Exception {
                if (batch.size() != 50) {
                    return next.send(batch, timeout);
                }
                List<SendResult> results = new ArrayList<>(next.send(batch.subList(0, 49), timeout));
                results.add(SendResult.ACCEPTED);
                return results;
            }
        };
    }

    static <T> List<T> reversed(List<T> list) {
        List<T> reversed = new ArrayList<>(list);
        Collections.reverse(reversed);
        return reversed;
    }

    private static QueueDriver payloads(QueueDriver driver, UnaryOperator<String> change) {
        return Faulty.sending(driver, task -> {
            String text = task.payload().asUtf8();
            String changed = change.apply(text);
            return changed.equals(text) ? task : Copy.of(task).payload(changed).done();
        });
    }

    private static Delivery.Task withEmptyError(Delivery.Task task) {
        return task.progress().equals(Progress.NONE)
                ? Copy.with(task, new Progress(0, 0, 0, false, Optional.of("")))
                : task;
    }

    private static Envelope inAscii(Envelope task) {
        Map<String, String> headers = task.headers().entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, header -> header.getValue().replaceAll("[^\\x00-\\x7f]", "?")));
        return Copy.of(task).headers(headers).done();
    }

    private static Optional<SendResult> longId(Envelope task) {
        return task.taskId().length() <= 128
                ? Optional.empty()
                : Optional.of(new SendResult.Failed(
                        ErrorClass.REFUSED, new IllegalArgumentException("value too long for varchar(128)")));
    }

    private static QueueDriver storingAgain(QueueDriver driver) {
        Set<String> stored = new HashSet<>();
        String again = "#2";
        QueueDriver sending = Faulty.sending(
                driver,
                task -> stored.add(task.taskId())
                        ? task
                        : Copy.of(task)
                                .id(task.taskId() + again)
                                .withoutDeduplication()
                                .done());
        return Faulty.handing(sending, task -> {
            String id = task.envelope().taskId().replace(again, "");
            return Copy.with(task, Copy.of(task.envelope()).id(id).done());
        });
    }

    private static QueueDriver forOneThread(QueueDriver driver) {
        AtomicReference<Thread> owner = new AtomicReference<>();
        return Faulty.refusing(driver, task -> {
            owner.compareAndSet(null, Thread.currentThread());
            boolean own =
                    task.deduplication().isPresent() || Thread.currentThread().equals(owner.get());
            return own ? Optional.empty() : Optional.of(SendResult.ACCEPTED);
        });
    }

    /** Takes one of the others' tasks away with each look for its own. */
    private static final class Greedy extends PlainReceiver {
        private final String topic;
        private final QueueDriver driver;
        private final Backend backend;

        Greedy(Receiver next, String topic, QueueDriver driver, Backend backend) {
            super(next);
            this.topic = topic;
            this.driver = driver;
            this.backend = backend;
        }

        @Override
        public List<Delivery> receive(int max, Duration wait) throws Exception {
            for (Envelope sent : max == 0 ? List.<Envelope>of() : backend.sent().values()) {
                if (!sent.topic().equals(topic)) {
                    takeOne(driver, sent.topic());
                }
            }
            return next.receive(max, wait);
        }
    }

    /** Takes a task off a topic and acknowledges it. */
    static void takeOne(QueueDriver driver, String topic) throws Exception {
        try (Receiver receiver = driver.receiver(topic, Faulty.OPTIONS)) {
            for (Delivery delivery : receiver.receive(1, Duration.ZERO)) {
                receiver.settle(List.of(new Settlement.Ack((Delivery.Task) delivery)));
            }
        }
    }

    /** Keeps topics under other names. */
    private static final class Renamed extends PlainDriver {
        private final UnaryOperator<String> name;

        Renamed(QueueDriver next, Backend backend, UnaryOperator<String> name) {
            super(Faulty.storing(
                    next,
                    backend,
                    task -> Copy.of(task).topic(name.apply(task.topic())).done()));
            this.name = name;
        }

        @Override
        public Receiver receiver(String topic, ReceiverOptions options) throws Exception {
            return next.receiver(name.apply(topic), options);
        }

        @Override
        public DeadLetterCursor deadLetters(String topic) throws Exception {
            return next.deadLetters(name.apply(topic));
        }

        @Override
        public TopicStats stats(String topic) throws Exception {
            return next.stats(name.apply(topic));
        }

        @Override
        public boolean cancel(String topic, String taskId) throws Exception {
            return next.cancel(name.apply(topic), taskId);
        }

        @Override
        public long purge(String topic, Scope scope) throws Exception {
            return next.purge(name.apply(topic), scope);
        }
    }
}
