package io.backgroundqueue.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Recorder;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.Time;
import io.backgroundqueue.internal.Loops.Loop;
import io.backgroundqueue.spi.Duty;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ThreadLoopsTest {
    private static final Duration HOUR = Duration.ofHours(1);

    private final Bench bench = new Bench();
    private final ThreadLoops loops = new ThreadLoops(bench.time, new Events(bench.options.listeners()));
    private final Recorder<String> turns = new Recorder<>();
    private final Recorder<Thread> threads = new Recorder<>();

    @Test
    void aDutyIsTurnedOnOneThreadOfItsOwnWhichTellsWhatItDoes() {
        Loop loop = loops.start(duty(() -> turns.all().size() < 5 ? Duration.ZERO : HOUR), "orders", true);
        turns.await(5);
        Loops.stop(List.of(loop));

        assertThat(threads.all()).containsOnly(threads.all().get(0));
        assertThat(threads.all().get(0).getName()).isEqualTo("bq-reaper-orders");
        assertThat(threads.all().get(0).isDaemon()).isFalse();
        assertThat(threads.all().get(0).isAlive()).isFalse();
    }

    @Test
    void aDutyThatNeedNotKeepTheProcessAliveDoesNot() {
        Loop loop = loops.start(duty(() -> HOUR), "orders", false);
        turns.await(1);
        assertThat(threads.all().get(0).isDaemon()).isTrue();
        Loops.stop(List.of(loop));
    }

    @Test
    void aDutyRestsAsLongAsItSaidUnlessItIsWoken() throws Exception {
        Loop loop = loops.start(duty(() -> HOUR), "orders", false);
        turns.await(1);
        bench.time.awaitWaiters(1, Recorder.PATIENCE);
        bench.time.advance(HOUR);
        turns.await(2);
        bench.time.awaitWaiters(1, Recorder.PATIENCE);
        loop.wake();
        turns.await(3);
        Loops.stop(List.of(loop));

        assertThat(turns.all()).filteredOn("turn"::equals).hasSize(3);
        assertThat(turns.all()).filteredOn("close"::equals).hasSize(1);
    }

    @Test
    void aWakeDuringATurnIsNotLost() {
        CompletableFuture<Loop> own = new CompletableFuture<>();
        Loop loop = loops.start(
                duty(() -> {
                    if (turns.all().size() == 1) {
                        own.join().wake();
                    }
                    return HOUR;
                }),
                "orders",
                false);
        own.complete(loop);
        turns.await(2);
        Loops.stop(List.of(loop));
    }

    @Test
    void aTurnThatFailsIsRepeatedAfterAPauseAndToldOnce() throws Exception {
        Loop loop = loops.start(
                duty(() -> {
                    if (turns.all().size() == 1) {
                        throw new IOException("away");
                    }
                    if (turns.all().size() == 2) {
                        throw new NoClassDefFoundError("an Error too");
                    }
                    return HOUR;
                }),
                "orders",
                false);
        for (int failures = 1; failures <= 2; failures++) {
            turns.await(failures);
            bench.time.awaitWaiters(1, Recorder.PATIENCE);
            bench.time.advance(Duration.ofMillis(50L * failures));
        }
        turns.await(3);
        bench.events.await(TaskEvent.BackendBack.class);
        Loops.stop(List.of(loop));

        assertThat(bench.events.all()).hasSize(2);
        assertThat(bench.events.await(TaskEvent.BackendLost.class).part()).isEqualTo("reaper");
    }

    @Test
    void aFailureThatCannotBeToldEndsNoLoop() throws Exception {
        Loop loop = loops.start(
                duty(() -> {
                    if (turns.all().size() == 1) {
                        throw new Untellable();
                    }
                    return HOUR;
                }),
                "orders",
                false);
        turns.await(1);
        bench.time.awaitWaiters(1, Recorder.PATIENCE);
        bench.time.advance(Outage.LONGEST);
        turns.await(2);
        Loops.stop(List.of(loop));
    }

    /** As some client libraries' errors are. */
    private static final class Untellable extends Exception {
        private static final long serialVersionUID = 1L;

        @Override
        public synchronized Throwable getCause() {
            throw new IllegalStateException("the cause is not to be had");
        }
    }

    @Test
    void aDutyThatCannotBeWokenEndsAllTheSame() {
        Duty deaf = new Duty() {
            @Override
            public String name() {
                return "deaf";
            }

            @Override
            public Duration turn() {
                turns.add("turn");
                return HOUR;
            }

            @Override
            public void wake() {
                throw new IllegalStateException("no connection to wake it by");
            }

            @Override
            public void close() {
                turns.add("close");
            }
        };
        Loop loop = loops.start(deaf, "orders", false);
        turns.await(1);
        Loops.stop(List.of(loop));

        assertThat(turns.all()).containsExactly("turn", "close");
    }

    @Test
    void aStopEndsAfterTheCurrentTurnAndClosesTheDutyOnItsOwnThread() {
        CompletableFuture<Boolean> go = new CompletableFuture<>();
        Loop loop = loops.start(
                duty(() -> {
                    go.join();
                    return HOUR;
                }),
                "orders",
                false);
        turns.await(1);
        Thread stopper = new Thread(() -> Loops.stop(List.of(loop)), "stopper");
        stopper.start();
        turns.await("wake"::equals, 1);
        assertThat(turns.all()).containsExactly("turn", "wake");
        go.complete(true);
        WorkerBench.join(stopper);

        assertThat(turns.all()).containsExactly("turn", "wake", "close");
        assertThat(threads.all()).hasSize(2).containsOnly(threads.all().get(0));
    }

    @Test
    void stoppingTwiceIsHarmlessAndADutyMayStopItself() {
        CompletableFuture<Loop> own = new CompletableFuture<>();
        Loop loop = loops.start(
                duty(() -> {
                    Loops.stop(List.of(own.join()));
                    return Duration.ZERO;
                }),
                "orders",
                false);
        own.complete(loop);
        turns.await("close"::equals, 1);
        Loops.stop(List.of(loop));
        Loops.stop(List.of(loop));

        assertThat(turns.all()).filteredOn("close"::equals).hasSize(1);
        assertThat(turns.all()).filteredOn("turn"::equals).hasSize(1);
    }

    @Test
    void aCloseThatFailsEndsTheThreadAllTheSame() {
        Loop loop = new ThreadLoops(Time.system(), new Events(bench.options.listeners()))
                .start(
                        new Duty() {
                            @Override
                            public String name() {
                                return "reaper";
                            }

                            @Override
                            public Duration turn() {
                                threads.add(Thread.currentThread());
                                return HOUR;
                            }

                            @Override
                            public void close() {
                                throw new IllegalStateException("close failed");
                            }
                        },
                        "orders",
                        false);
        threads.await(1);
        Loops.stop(List.of(loop));

        assertThat(threads.all().get(0).isAlive()).isFalse();
    }

    private Duty duty(Callable<Duration> turn) {
        return new Duty() {
            @Override
            public String name() {
                return "reaper";
            }

            @Override
            public Duration turn() throws Exception {
                threads.add(Thread.currentThread());
                turns.add("turn");
                return turn.call();
            }

            @Override
            public void wake() {
                turns.add("wake");
            }

            @Override
            public void close() {
                threads.add(Thread.currentThread());
                turns.add("close");
            }
        };
    }
}
