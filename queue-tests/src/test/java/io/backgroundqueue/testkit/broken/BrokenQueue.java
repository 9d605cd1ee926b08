package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundTaskHandler;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueReceipt;
import io.backgroundqueue.EnqueueRequest;
import io.backgroundqueue.EnqueueResult;
import io.backgroundqueue.PayloadType;
import io.backgroundqueue.ShutdownReport;
import io.backgroundqueue.TaskListener;
import io.backgroundqueue.TopicName;
import io.backgroundqueue.Worker;
import io.backgroundqueue.WorkerOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;

/**
 * A queue in memory with one fault above its driver.
 *
 * @param name what it does wrong
 * @param rule the rule of {@code docs/contract.md} that this breaks, and no other; a test of several says them all
 * @param says what the failure must say
 * @param fault plants the fault
 */
record BrokenQueue(String name, String rule, String says, UnaryOperator<BackgroundQueue> fault) {
    static List<BrokenQueue> all() {
        return List.of(
                new BrokenQueue(
                        "answers enqueueAll backwards",
                        "1.5",
                        "expected: \"enqueueAllAnswersOneResultPerRequestInOrder",
                        BrokenQueue::backwards),
                new BrokenQueue("stops enqueueAll at a wrong request", "1.6", "more than 0 runs", BrokenQueue::halfway),
                new BrokenQueue(
                        "throws what an asynchronous enqueue should answer",
                        "1.7",
                        "The topic",
                        BrokenQueue::throwingAtTheCaller),
                new BrokenQueue(
                        "puts all tasks at one position", "1.9", "Found duplicate(s)", BrokenQueue::onePosition),
                new BrokenQueue("has one worker do for two", "2.6", "what was thrown", BrokenQueue::oneWorkerForTwo),
                new BrokenQueue(
                        "abandons in silence", "11.4+11.6", "to contain exactly", BrokenQueue::silentlyAbandoning),
                new BrokenQueue("cannot be closed twice", "11.5", "closed already", BrokenQueue::closingOnce),
                new BrokenQueue(
                        "does not tell of a hook that failed",
                        "12.2",
                        "there is no such HookFailed",
                        BrokenQueue::withoutListener));
    }

    @Override
    public String toString() {
        return rule + " " + name;
    }

    private static BackgroundQueue backwards(BackgroundQueue queue) {
        return new PlainQueue(queue) {
            @Override
            public List<EnqueueResult> enqueueAll(List<? extends EnqueueRequest<?>> requests) {
                return BrokenSends.reversed(next.enqueueAll(requests));
            }
        };
    }

    private static BackgroundQueue halfway(BackgroundQueue queue) {
        return new PlainQueue(queue) {
            @Override
            public List<EnqueueResult> enqueueAll(List<? extends EnqueueRequest<?>> requests) {
                List<EnqueueResult> results = new ArrayList<>();
                for (EnqueueRequest<?> request : requests) {
                    results.add(new EnqueueResult.Done(
                            next.enqueue(request.topic(), request.payload(), request.options())));
                }
                return results;
            }
        };
    }

    private static BackgroundQueue throwingAtTheCaller(BackgroundQueue queue) {
        return new PlainQueue(queue) {
            @Override
            public <T> CompletableFuture<EnqueueReceipt> enqueueAsync(String topic, T payload, EnqueueOptions options) {
                return next.enqueueAsync(TopicName.require(topic), payload, options);
            }
        };
    }

    /** But for the first task. */
    private static BackgroundQueue onePosition(BackgroundQueue queue) {
        AtomicBoolean used = new AtomicBoolean();
        return new PlainQueue(queue) {
            @Override
            public <T> EnqueueReceipt enqueue(String topic, T payload, EnqueueOptions options) {
                EnqueueReceipt receipt = next.enqueue(topic, payload, options);
                return new EnqueueReceipt(
                        receipt.taskId(),
                        receipt.topic(),
                        receipt.status(),
                        receipt.duplicateOf(),
                        receipt.enqueuedAt(),
                        used.getAndSet(true) ? Optional.of("0") : receipt.position());
            }
        };
    }

    private static BackgroundQueue oneWorkerForTwo(BackgroundQueue queue) {
        Map<String, Worker> workers = new ConcurrentHashMap<>();
        return new PlainQueue(queue) {
            @Override
            public <T> Worker consume(
                    String topic,
                    PayloadType<T> type,
                    BackgroundTaskHandler<? super T> handler,
                    WorkerOptions options) {
                return workers.computeIfAbsent(topic, first -> next.consume(topic, type, handler, options));
            }
        };
    }

    private static BackgroundQueue silentlyAbandoning(BackgroundQueue queue) {
        return new PlainQueue(queue) {
            @Override
            public ShutdownReport shutdown(Duration grace) {
                ShutdownReport report = next.shutdown(grace);
                return new ShutdownReport(
                        report.finished(), report.released(), List.of(), report.unsent(), report.discarded());
            }
        };
    }

    private static BackgroundQueue closingOnce(BackgroundQueue queue) {
        AtomicBoolean closed = new AtomicBoolean();
        return new PlainQueue(queue) {
            @Override
            public void close() {
                if (closed.getAndSet(true)) {
                    throw new IllegalStateException("closed already");
                }
                next.close();
            }
        };
    }

    private static BackgroundQueue withoutListener(BackgroundQueue queue) {
        return new PlainQueue(queue) {
            @Override
            public TaskListener listener() {
                return event -> {};
            }
        };
    }
}
