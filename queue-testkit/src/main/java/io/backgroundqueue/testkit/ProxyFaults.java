package io.backgroundqueue.testkit;

import io.backgroundqueue.testkit.FaultProxy.Direction;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The faults that a {@link FaultProxy} has now, shared by all its connections. */
final class ProxyFaults {
    /** What becomes of the bytes of one direction. */
    enum Flow {
        PASS,
        HOLD,
        DROP
    }

    record Passage(int bytes, boolean thenCut) {}

    private static final long NO_BUDGET = Long.MAX_VALUE;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<Direction, Flow> flows = new EnumMap<>(Direction.class);
    private final Map<Direction, Duration> delays = new EnumMap<>(Direction.class);
    private final Map<Direction, AtomicLong> forwarded = new EnumMap<>(Direction.class);
    private boolean refusing;
    private long requestBudget = NO_BUDGET;
    private byte @Nullable [] marker;

    ProxyFaults() {
        for (Direction direction : Direction.values()) {
            forwarded.put(direction, new AtomicLong());
        }
    }

    void flow(Direction direction, Flow flow) {
        change(() -> flows.put(direction, flow));
    }

    void delay(Direction direction, Duration delay) {
        change(() -> delays.put(direction, delay));
    }

    void refuse(boolean value) {
        change(() -> refusing = value);
    }

    void cutAfter(long bytes) {
        change(() -> requestBudget = bytes);
    }

    void loseReplyTo(byte[] newMarker) {
        change(() -> marker = newMarker);
    }

    void clear() {
        change(() -> {
            flows.clear();
            delays.clear();
            refusing = false;
            requestBudget = NO_BUDGET;
            marker = null;
        });
    }

    /** Wakes connections that wait, for them to see that they have ended. */
    void recheck() {
        change(() -> {});
    }

    boolean refusing() {
        lock.lock();
        try {
            return refusing;
        } finally {
            lock.unlock();
        }
    }

    boolean armed() {
        lock.lock();
        try {
            return marker != null || requestBudget != NO_BUDGET;
        } finally {
            lock.unlock();
        }
    }

    /** Waits out the delay and the black hole; answers PASS or DROP. */
    Flow awaitPassage(Direction direction, BooleanSupplier ended) {
        lock.lock();
        try {
            long left = delays.getOrDefault(direction, Duration.ZERO).toNanos();
            while (left > 0 && delays.containsKey(direction) && !ended.getAsBoolean()) {
                left = changed.awaitNanos(left);
            }
            while (flow(direction) == Flow.HOLD && !ended.getAsBoolean()) {
                changed.await();
            }
            return flow(direction);
        } catch (InterruptedException proxyEnds) {
            Thread.currentThread().interrupt();
            return Flow.DROP;
        } finally {
            lock.unlock();
        }
    }

    /** What of {@code size} request bytes may pass, and whether the connection is cut behind them. */
    Passage spend(int size) {
        lock.lock();
        try {
            if (requestBudget == NO_BUDGET) {
                return new Passage(size, false);
            }
            int allowed = (int) Math.min(size, requestBudget);
            boolean spent = allowed == requestBudget;
            requestBudget = spent ? NO_BUDGET : requestBudget - allowed;
            return new Passage(allowed, spent);
        } finally {
            lock.unlock();
        }
    }

    /** Whether this is the request whose reply is to be lost. */
    boolean takesReplyOf(byte[] chunk, int size) {
        lock.lock();
        try {
            if (marker == null || !contains(chunk, size, marker)) {
                return false;
            }
            marker = null;
            return true;
        } finally {
            lock.unlock();
        }
    }

    void count(Direction direction, int bytes) {
        counter(direction).addAndGet(bytes);
    }

    long forwarded(Direction direction) {
        return counter(direction).get();
    }

    private AtomicLong counter(Direction direction) {
        AtomicLong counter = forwarded.get(direction);
        if (counter == null) {
            throw new IllegalStateException("made in the constructor: " + direction);
        }
        return counter;
    }

    private Flow flow(Direction direction) {
        return flows.getOrDefault(direction, Flow.PASS);
    }

    private void change(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private static boolean contains(byte[] chunk, int size, byte[] marker) {
        // Latin-1 maps every byte to one character, so a text search is a byte search.
        String text = new String(chunk, 0, size, StandardCharsets.ISO_8859_1);
        return text.contains(new String(marker, StandardCharsets.ISO_8859_1));
    }
}
