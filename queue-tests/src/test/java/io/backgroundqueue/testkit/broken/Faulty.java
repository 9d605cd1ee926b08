package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** The places where a driver can be broken. */
final class Faulty {
    /** For a fault that receives on its own account. */
    static final ReceiverOptions OPTIONS = new ReceiverOptions(
            1,
            OptionalInt.empty(),
            1_000,
            8 << 20,
            Duration.ofSeconds(30),
            Duration.ofSeconds(1),
            Duration.ofSeconds(10),
            "fault");

    private Faulty() {}

    /** What comes of a settlement. */
    @FunctionalInterface
    interface Aftermath {
        Outcome of(Settlement settlement, Outcome outcome) throws Exception;
    }

    /** Something else is sent. */
    static QueueDriver sending(QueueDriver driver, UnaryOperator<Envelope> change) {
        return new PlainDriver(driver) {
            @Override
            public List<SendResult> send(List<Envelope> batch, Duration timeout) throws Exception {
                return next.send(batch.stream().map(change).toList(), timeout);
            }
        };
    }

    /** Something else is answered to a batch. */
    static QueueDriver answering(
            QueueDriver driver, BiFunction<List<Envelope>, List<SendResult>, List<SendResult>> change) {
        return new PlainDriver(driver) {
            @Override
            public List<SendResult> send(List<Envelope> batch, Duration timeout) throws Exception {
                return change.apply(batch, next.send(batch, timeout));
            }
        };
    }

    /** Each task is sent alone, and this answers first; what it leaves empty is sent. */
    static QueueDriver refusing(QueueDriver driver, Function<Envelope, Optional<SendResult>> refusal) {
        return new PlainDriver(driver) {
            @Override
            public List<SendResult> send(List<Envelope> batch, Duration timeout) throws Exception {
                List<SendResult> results = new ArrayList<>();
                for (Envelope task : batch) {
                    Optional<SendResult> refused = refusal.apply(task);
                    results.add(
                            refused.isPresent()
                                    ? refused.get()
                                    : next.send(List.of(task), timeout).get(0));
                }
                return results;
            }
        };
    }

    /** Something else is stored, which shows in how the task is treated and not in what is handed out. */
    static QueueDriver storing(QueueDriver driver, Backend backend, UnaryOperator<Envelope> change) {
        QueueDriver tasks =
                handing(sending(driver, change), task -> Copy.with(task, backend.original(task.envelope())));
        return showing(tasks, letter -> {
            Envelope original = backend.sent().get(letter.id());
            return original == null ? letter : withPriority(letter, original.priority());
        });
    }

    /** Something else is handed out. */
    static QueueDriver handing(QueueDriver driver, UnaryOperator<Delivery.Task> change) {
        return receiving(driver, (topic, receiver) -> new PlainReceiver(receiver) {
            @Override
            public List<Delivery> receive(int max, Duration wait) throws Exception {
                return next.receive(max, wait).stream()
                        .map(delivery -> delivery instanceof Delivery.Task task ? change.apply(task) : delivery)
                        .toList();
            }
        });
    }

    /** Receivers with something changed. */
    static QueueDriver receiving(QueueDriver driver, BiFunction<String, Receiver, Receiver> change) {
        return new PlainDriver(driver) {
            @Override
            public Receiver receiver(String topic, ReceiverOptions options) throws Exception {
                return change.apply(topic, next.receiver(topic, options));
            }
        };
    }

    /** Receivers that go by other options. */
    static QueueDriver opening(QueueDriver driver, UnaryOperator<ReceiverOptions> change) {
        return new PlainDriver(driver) {
            @Override
            public Receiver receiver(String topic, ReceiverOptions options) throws Exception {
                return next.receiver(topic, change.apply(options));
            }
        };
    }

    static ReceiverOptions options(ReceiverOptions options, int maxUnsettled, int maxBytes, Duration lease) {
        return new ReceiverOptions(
                options.concurrency(),
                options.prefetch(),
                maxUnsettled,
                maxBytes,
                lease,
                options.handover(),
                options.callTimeout(),
                options.workerId());
    }

    /** Something else is settled. */
    static QueueDriver settling(QueueDriver driver, UnaryOperator<Settlement> change) {
        return receiving(driver, (topic, receiver) -> new PlainReceiver(receiver) {
            @Override
            public List<Outcome> settle(List<Settlement> batch) throws Exception {
                return next.settle(batch.stream().map(change).toList());
            }
        });
    }

    /** Something happens after each settlement. */
    static QueueDriver settled(QueueDriver driver, Aftermath aftermath) {
        return receiving(driver, (topic, receiver) -> new PlainReceiver(receiver) {
            @Override
            public List<Outcome> settle(List<Settlement> batch) throws Exception {
                List<Outcome> outcomes = next.settle(batch);
                List<Outcome> changed = new ArrayList<>();
                for (int i = 0; i < batch.size(); i++) {
                    changed.add(aftermath.of(batch.get(i), outcomes.get(i)));
                }
                return changed;
            }
        });
    }

    /** Other outcomes are answered. */
    static QueueDriver outcomes(QueueDriver driver, UnaryOperator<List<Outcome>> change) {
        return receiving(driver, (topic, receiver) -> new PlainReceiver(receiver) {
            @Override
            public List<Outcome> settle(List<Settlement> batch) throws Exception {
                return change.apply(next.settle(batch));
            }
        });
    }

    /** Cursors with something changed. */
    static QueueDriver walking(QueueDriver driver, BiFunction<String, DeadLetterCursor, DeadLetterCursor> change) {
        return new PlainDriver(driver) {
            @Override
            public DeadLetterCursor deadLetters(String topic) throws Exception {
                return change.apply(topic, next.deadLetters(topic));
            }
        };
    }

    /** Other letters are shown. */
    static QueueDriver showing(QueueDriver driver, UnaryOperator<DeadLetter> change) {
        return walking(driver, (topic, cursor) -> new PlainCursor(cursor) {
            @Override
            public List<DeadLetter> next(int max) throws Exception {
                return next.next(max).stream().map(change).toList();
            }
        });
    }

    /** Another number of replayed or purged letters is answered. */
    static QueueDriver counting(QueueDriver driver, BinaryOperator<Integer> change) {
        return walking(driver, (topic, cursor) -> new PlainCursor(cursor) {
            @Override
            public int replay(List<DeadLetter> letters) throws Exception {
                return change.apply(letters.size(), next.replay(letters));
            }

            @Override
            public int purge(List<DeadLetter> letters) throws Exception {
                return change.apply(letters.size(), next.purge(letters));
            }
        });
    }

    static DeadLetter withPayload(DeadLetter letter, Bytes payload) {
        return changed(letter, letter.priority(), payload);
    }

    private static DeadLetter withPriority(DeadLetter letter, int priority) {
        return changed(letter, priority, letter.payload());
    }

    private static DeadLetter changed(DeadLetter letter, int priority, Bytes payload) {
        return new DeadLetter(
                letter.id(),
                letter.topic(),
                letter.reason(),
                letter.error(),
                letter.failures(),
                letter.interruptions(),
                letter.attempts(),
                priority,
                letter.enqueuedAt(),
                letter.diedAt(),
                letter.headers(),
                payload);
    }
}
