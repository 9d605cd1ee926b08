package io.backgroundqueue.inmemory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ManualTimeTest {
    private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final ManualTime time = new ManualTime(START);
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition condition = lock.newCondition();

    @Test
    void bothClocksAdvanceTogether() {
        long before = time.nanos();
        time.advance(MINUTE);
        time.advanceTo(START.plus(MINUTE).plusNanos(5));

        assertThat(time.now()).isEqualTo(START.plus(MINUTE).plusNanos(5));
        assertThat(time.nanos() - before).isEqualTo(MINUTE.toNanos() + 5);
    }

    @Test
    void aJumpMovesTheWallClockOnly() {
        long before = time.nanos();
        time.jump(MINUTE.negated());

        assertThat(time.now()).isEqualTo(START.minus(MINUTE));
        assertThat(time.nanos()).isEqualTo(before);
    }

    @Test
    void timeNeverGoesBack() {
        assertThatThrownBy(() -> time.advance(MINUTE.negated())).hasMessageContaining("PT-1M");
        assertThatThrownBy(() -> time.advanceTo(START.minusSeconds(1))).hasMessageContaining("PT-1S");
    }

    @Test
    void aDeadlineThatHasPassedIsNotWaitedFor() throws Exception {
        lock.lock();
        try {
            assertThat(time.await(lock, condition, time.nanos())).isFalse();
        } finally {
            lock.unlock();
        }
    }

    @Test
    void aWaitEndsWhenItsDeadlineIsReachedAndNotBefore() throws Exception {
        CompletableFuture<Boolean> waiting = waiting(lock, condition, MINUTE);
        time.awaitWaiters(1, PATIENCE);
        time.advance(MINUTE.minusNanos(1));
        time.awaitWaiters(1, PATIENCE);
        assertThat(waiting).isNotDone();

        time.advance(Duration.ofNanos(1));

        assertThat(result(waiting)).isFalse();
    }

    @Test
    void aSignalEndsAWaitBeforeItsDeadline() throws Exception {
        CompletableFuture<Boolean> waiting = waiting(lock, condition, MINUTE);
        time.awaitWaiters(1, PATIENCE);
        lock.lock();
        try {
            condition.signalAll();
        } finally {
            lock.unlock();
        }

        assertThat(result(waiting)).isTrue();
    }

    @Test
    void aJumpWakesAllThatWaitSoThatTheyLookAgain() throws Exception {
        CompletableFuture<Boolean> waiting = waiting(lock, condition, MINUTE);
        time.awaitWaiters(1, PATIENCE);
        time.jump(Duration.ofDays(1));

        assertThat(result(waiting)).isTrue();
    }

    @Test
    void whoHasBeenWokenIsNotCountedAsWaiting() throws Exception {
        CompletableFuture<Boolean> waiting = waiting(lock, condition, MINUTE);
        time.awaitWaiters(1, PATIENCE);
        time.advance(MINUTE);

        assertThatThrownBy(() -> time.awaitWaiters(1, Duration.ZERO)).hasMessageContaining("0 of 1 threads");
        assertThat(result(waiting)).isFalse();
    }

    @Test
    void aWaiterWhoseLockAnotherWaiterHoldsDoesNotStopTheClock() throws Exception {
        CompletableFuture<Boolean> first = waiting(lock, condition, MINUTE);
        time.awaitWaiters(1, PATIENCE);
        ReentrantLock inner = new ReentrantLock();
        Condition innerCondition = inner.newCondition();
        CompletableFuture<Boolean> second = started(() -> {
            lock.lock();
            inner.lock();
            try {
                return time.await(inner, innerCondition, time.deadline(MINUTE));
            } finally {
                inner.unlock();
                lock.unlock();
            }
        });
        time.awaitWaiters(2, PATIENCE);

        CompletableFuture<Boolean> turned = started(() -> {
            time.advance(MINUTE);
            return true;
        });

        assertThat(result(turned)).isTrue();
        assertThat(result(first)).isFalse();
        assertThat(result(second)).isFalse();
    }

    @Test
    void whoTurnsTheClockMayHoldTheLockThatIsWaitedOn() throws Exception {
        CompletableFuture<Boolean> waiting = waiting(lock, condition, MINUTE);
        time.awaitWaiters(1, PATIENCE);
        lock.lock();
        try {
            time.advance(MINUTE);
        } finally {
            lock.unlock();
        }

        assertThat(result(waiting)).isFalse();
    }

    @Test
    void aLockThatIsHeldForAWhileDelaysTheTurnAndLosesNoSignal() throws Exception {
        CompletableFuture<Boolean> waiting = waiting(lock, condition, MINUTE);
        time.awaitWaiters(1, PATIENCE);
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch letGo = new CountDownLatch(1);
        CompletableFuture<Boolean> holder = started(() -> {
            lock.lock();
            try {
                held.countDown();
                return letGo.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            } finally {
                lock.unlock();
            }
        });
        held.await();
        CompletableFuture<Boolean> turned = started(() -> {
            time.advance(MINUTE);
            return true;
        });
        letGo.countDown();

        assertThat(result(holder)).isTrue();
        assertThat(result(turned)).isTrue();
        assertThat(result(waiting)).isFalse();
    }

    private CompletableFuture<Boolean> waiting(ReentrantLock held, Condition until, Duration duration) {
        return started(() -> {
            held.lock();
            try {
                return time.await(held, until, time.deadline(duration));
            } finally {
                held.unlock();
            }
        });
    }

    private interface Body {
        boolean run() throws InterruptedException;
    }

    private static CompletableFuture<Boolean> started(Body body) {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                done.complete(body.run());
            } catch (Exception failed) {
                done.completeExceptionally(failed);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return done;
    }

    private static boolean result(CompletableFuture<Boolean> waiting) throws Exception {
        return waiting.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
}
