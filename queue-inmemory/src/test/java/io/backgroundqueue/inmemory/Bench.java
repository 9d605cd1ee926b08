package io.backgroundqueue.inmemory;

import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.Stream;

/** A broker on a clock turned by hand, a driver on it, and a receiver of the topic "orders". */
final class Bench {
    static final Duration LEASE = Duration.ofSeconds(30);
    static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

    final ManualTime time = new ManualTime(START);
    final Broker broker;
    final InMemoryDriver driver;
    final InMemoryReceiver receiver;

    Bench() {
        this(1_000_000, 1 << 20);
    }

    Bench(long tasks, long bytes) {
        broker = new Broker(time, new Capacity(tasks, bytes));
        driver = new InMemoryDriver(broker);
        receiver = receiver(driver, 1_000, 1 << 20);
    }

    static InMemoryReceiver receiver(InMemoryDriver driver, int maxUnsettled, int maxBytes) {
        return (InMemoryReceiver) driver.receiver(
                "orders",
                new ReceiverOptions(
                        10,
                        OptionalInt.empty(),
                        maxUnsettled,
                        maxBytes,
                        LEASE,
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(10),
                        "worker"));
    }

    List<SendResult> send(Sample... samples) {
        return driver.send(Stream.of(samples).map(Sample::envelope).toList(), Duration.ofSeconds(10));
    }

    SendResult sendOne(Sample sample) {
        return send(sample).get(0);
    }

    List<Delivery.Task> take(int max) {
        return take(receiver, max);
    }

    static List<Delivery.Task> take(InMemoryReceiver receiver, int max) {
        try {
            return receiver.receive(max, Duration.ZERO).stream()
                    .map(Delivery.Task.class::cast)
                    .toList();
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    Delivery.Task takeOne() {
        List<Delivery.Task> taken = take(1);
        if (taken.isEmpty()) {
            throw new AssertionError("nothing is ready: " + driver.stats("orders"));
        }
        return taken.get(0);
    }

    List<String> takeIds(int max) {
        return take(max).stream().map(task -> task.envelope().taskId()).toList();
    }

    Outcome settle(Settlement settlement) {
        return receiver.settle(List.of(settlement)).get(0);
    }

    Outcome ack(Delivery.Task task) {
        return settle(new Settlement.Ack(task));
    }

    Outcome release(Delivery.Task task) {
        return settle(new Settlement.Release(task));
    }

    Outcome later(Delivery.Task task, Duration delay) {
        return settle(new Settlement.Later(task, failedOnce(), Start.after(delay)));
    }

    Outcome kill(Delivery.Task task) {
        return settle(new Settlement.Dead(task, failedOnce(), DeadReason.ATTEMPTS_EXHAUSTED));
    }

    /** Takes everything that is ready and settles it. */
    void settleAll(Function<Delivery.Task, Settlement> verdict) {
        List<Settlement> settlements = take(1_000).stream().map(verdict).toList();
        receiver.settle(settlements);
    }

    /** Ready, delayed, running, dead. */
    List<Long> counts() {
        var stats = driver.stats("orders");
        return List.of(
                stats.ready().getAsLong(),
                stats.delayed().getAsLong(),
                stats.running().getAsLong(),
                stats.dead().getAsLong());
    }

    static Progress failedOnce() {
        return new Progress(1, 1, 0, false, Optional.of("boom"));
    }
}
