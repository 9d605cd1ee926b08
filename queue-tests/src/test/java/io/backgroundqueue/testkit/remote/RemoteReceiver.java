package io.backgroundqueue.testkit.remote;

import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.Settlement;
import io.backgroundqueue.testkit.remote.RemoteDriver.RemoteLease;
import io.backgroundqueue.testkit.remote.Wire.Handed;
import io.backgroundqueue.testkit.remote.Wire.Verdict;
import java.time.Duration;
import java.util.List;
import tools.jackson.core.type.TypeReference;

/** A receiver at a {@link RemoteBroker}. */
final class RemoteReceiver implements Receiver {
    private final Connections connections;
    private final long number;
    private final Duration timeout;

    RemoteReceiver(Connections connections, long number, Duration timeout) {
        this.connections = connections;
        this.number = number;
        this.timeout = timeout;
    }

    @Override
    public List<Delivery> receive(int max, Duration wait) throws Exception {
        List<Handed> handed = connections.call(
                timeout, new TypeReference<List<Handed>>() {}, "receive", number, max, wait.toMillis());
        return handed.stream()
                .map(task -> (Delivery) new Delivery.Task(
                        task.envelope(), task.due(), task.progress(), task.starts(), new RemoteLease(task.lease())))
                .toList();
    }

    @Override
    public List<Outcome> settle(List<Settlement> batch) throws Exception {
        List<Verdict> verdicts = batch.stream().map(RemoteReceiver::verdict).toList();
        List<String> outcomes =
                connections.call(timeout, new TypeReference<List<String>>() {}, "settle", number, verdicts);
        return outcomes.stream()
                .map(outcome -> outcome.equals("done") ? Outcome.DONE : Outcome.STALE)
                .toList();
    }

    @Override
    public List<Delivery> extend(List<Delivery> held) throws Exception {
        List<Long> leases = held.stream().map(RemoteLease::of).toList();
        List<Long> lost = connections.call(timeout, new TypeReference<List<Long>>() {}, "extend", number, leases);
        return held.stream()
                .filter(delivery -> lost.contains(RemoteLease.of(delivery)))
                .toList();
    }

    @Override
    public void park() throws Exception {
        connections.call(timeout, new TypeReference<Boolean>() {}, "park", number);
    }

    @Override
    public void close() {
        connections.tell("close", number);
    }

    private static Verdict verdict(Settlement settlement) {
        long lease = RemoteLease.of(settlement.delivery());
        if (settlement instanceof Settlement.Ack) {
            return new Verdict(lease, "ack", Progress.NONE, Start.now(), DeadReason.UNREADABLE);
        }
        if (settlement instanceof Settlement.Later later) {
            return new Verdict(lease, "later", later.progress(), later.start(), DeadReason.UNREADABLE);
        }
        if (settlement instanceof Settlement.Dead dead) {
            return new Verdict(lease, "dead", dead.progress(), Start.now(), dead.reason());
        }
        return new Verdict(lease, "release", Progress.NONE, Start.now(), DeadReason.UNREADABLE);
    }
}
