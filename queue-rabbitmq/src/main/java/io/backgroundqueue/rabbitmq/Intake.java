package io.backgroundqueue.rabbitmq;

import io.backgroundqueue.Time;
import io.backgroundqueue.spi.LaneBuffer;
import io.backgroundqueue.spi.Lanes;
import io.backgroundqueue.spi.ReceiverOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a receiver fetches: one consumer per lane, made anew when it is found dead. For the loop thread, where nothing else is said. */
final class Intake {
    /** What waits here longer than this, beyond what may run at once, is hidden from others for nothing. */
    private static final Duration HOARDED = Duration.ofSeconds(2);

    /** What waits longer than this for a place to run; and the broker takes away what is held for too long. */
    private static final Duration PLACELESS = Duration.ofSeconds(10);

    private static final Duration LOOK = Duration.ofMillis(500);

    /** How long a busy broker may take to store an acknowledgement, before which it sends no more. */
    private static final Duration STORED = Duration.ofSeconds(1);

    private final String topic;
    private final RabbitMQParts parts;
    private final Link shared;
    private final Link apart;
    private final int concurrency;
    private final int maxBytes;
    private final Time time;
    private final LaneBuffer<Held> buffer;
    private final AtomicReferenceArray<LaneConsumer> lanes = new AtomicReferenceArray<>(Lanes.COUNT);
    private final List<Prefetch> prefetches;
    private long nextLook;

    Intake(String topic, RabbitMQParts parts, Link link, ReceiverOptions options) {
        this.topic = topic;
        this.parts = parts;
        this.shared = link;
        this.apart = link.apart();
        this.concurrency = options.concurrency();
        this.maxBytes = options.maxBytes();
        this.time = parts.time();
        this.buffer = new LaneBuffer<>(Lanes.COUNT, time);
        this.prefetches = IntStream.range(0, Lanes.COUNT)
                .mapToObj(lane -> new Prefetch(options, time))
                .toList();
        this.nextLook = time.nanos();
    }

    /** Consumes in every lane from now on. */
    void open(long deadlineNanos) throws IOException, InterruptedException {
        for (int i = 0; i < Lanes.COUNT; i++) {
            LaneConsumer lane = lanes.get(i);
            if (lane == null || !lane.isAlive() || !lane.isConsuming()) {
                parts.topology().forReceiving(topic, deadlineNanos);
                open(i, lane, deadlineNanos);
            }
        }
    }

    /** Consumes nothing any more; answers what was fetched and not handed out. */
    List<Held> stop() throws IOException {
        for (LaneConsumer lane : present().toList()) {
            if (lane.isAlive() && lane.isConsuming()) {
                lane.cancel();
            }
        }
        return drain();
    }

    List<Held> drain() {
        return buffer.drain();
    }

    /**
     * Whether tasks wait here for long, which others might run; no more than needed is asked for then.
     *
     * @param full whether nothing may be handed out now
     */
    boolean hoards(boolean full) {
        long now = time.nanos();
        if (now - nextLook < 0) {
            return false;
        }
        nextLook = time.deadline(LOOK);
        boolean hoards = present().anyMatch(lane -> {
            long waited = now - lane.unsettled().oldestNanos();
            return (full && waited > PLACELESS.toNanos()) || (prefetch(lane).isWide() && waited > HOARDED.toNanos());
        });
        prefetches.forEach(hoards ? Prefetch::narrow : Prefetch::tick);
        return hoards;
    }

    /** Asks for more where a lane has handed out all that it may hold; whether one stands so. */
    boolean widen(int wanted) throws IOException {
        boolean starved = false;
        for (LaneConsumer lane : present().toList()) {
            Prefetch prefetch = prefetch(lane);
            if (lane.unsettled().isStarved()) {
                starved = true;
                if (prefetch.widen(wanted)) {
                    lane.resize(prefetch.size());
                }
            }
        }
        return starved;
    }

    /** Hands out up to {@code most}, and waits up to {@code wait} for the first. */
    List<Held> take(int most, Duration wait) throws IOException, InterruptedException {
        awaitHigher(out() + most > concurrency);
        List<Held> taken = new ArrayList<>();
        List<Held> surplus = new ArrayList<>();
        long bytes = 0;
        for (Held held : buffer.poll(most, wait)) {
            bytes += held.message.body().size();
            if (!surplus.isEmpty() || (!taken.isEmpty() && bytes > maxBytes)) {
                surplus.add(held);
            } else if (held.handOut()) {
                prefetch(held.lane).handedOut(held.message.body().size());
                taken.add(held);
            }
        }
        Collections.reverse(surplus);
        surplus.forEach(held -> buffer.addFirst(held.lane.index(), held));
        return taken;
    }

    /** Lets no lower lane go first because a higher one's message is on its way. */
    private void awaitHigher(boolean settling) throws IOException, InterruptedException {
        long deadline = time.deadline(STORED);
        for (LaneConsumer lane : present().toList()) {
            if (lane.awaitExpected(settling, deadline)) {
                return;
            }
        }
    }

    /** Makes a waiting {@link #take} return; any thread. */
    void wake() {
        buffer.wake();
    }

    /** How many are out; any thread. */
    int out() {
        return present().mapToInt(LaneConsumer::out).sum();
    }

    /** Ends it; what is out goes back. */
    void close() {
        present().forEach(LaneConsumer::close);
        apart.close();
    }

    /** As if the process were gone; any thread. */
    void cutConnection() {
        present().forEach(LaneConsumer::cutConnection);
    }

    private void open(int index, @Nullable LaneConsumer before, long deadlineNanos)
            throws IOException, InterruptedException {
        LaneConsumer lane = before;
        if (lane == null || !lane.isAlive()) {
            if (lane != null) {
                lane.close();
            }
            prefetches.get(index).narrow();
            lane = fresh(index, lane != null && lane.isSilent(), deadlineNanos);
        }
        try {
            lane.consume(prefetches.get(index).size());
        } catch (IOException | RuntimeException failed) {
            throw refused(lane, failed);
        }
    }

    /**
     * A queue without a leader answers late or never, and in the end takes the connection with it that consumes it: not that
     * of other topics, whose tasks would never come to an end.
     */
    private LaneConsumer fresh(int index, boolean silent, long deadlineNanos) throws IOException, InterruptedException {
        LaneConsumer lane = on(silent ? apart : shared, index, deadlineNanos);
        if (silent || answers(lane)) {
            return lane;
        }
        lane.close();
        return on(apart, index, deadlineNanos);
    }

    private LaneConsumer on(Link link, int index, long deadlineNanos) throws IOException, InterruptedException {
        LaneConsumer lane =
                new LaneConsumer(link.wire(deadlineNanos), index, parts.names().lane(topic, index), buffer, time);
        lanes.set(index, lane);
        return lane;
    }

    private boolean answers(LaneConsumer lane) throws RabbitMQFailure {
        try {
            return lane.answers();
        } catch (IOException | RuntimeException failed) {
            throw refused(lane, failed);
        }
    }

    private RabbitMQFailure refused(LaneConsumer lane, Exception failed) {
        lane.abandon();
        return parts.topology().refused("to consume '" + parts.names().lane(topic, lane.index()) + "'", failed);
    }

    private Stream<LaneConsumer> present() {
        return IntStream.range(0, Lanes.COUNT).mapToObj(lanes::get).filter(Objects::nonNull);
    }

    private Prefetch prefetch(LaneConsumer lane) {
        return prefetches.get(lane.index());
    }
}
