package io.backgroundqueue.redis;

import io.backgroundqueue.internal.SteppedLoops;
import io.backgroundqueue.kafka.PlantedNeighbour;
import io.backgroundqueue.spi.Duty;
import io.backgroundqueue.testkit.Rule;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Timer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import tools.jackson.databind.json.JsonMapper;

/** Planted: what a part of an adapter must not do, one offence per method. */
public final class PlantedDuty implements Duty {
    @Override
    public String name() {
        return "planted";
    }

    @Override
    public Duration turn() {
        return Duration.ZERO;
    }

    Thread makesAThread() {
        return new Thread(this::name);
    }

    void startsAThread(Thread thread) {
        thread.start();
    }

    ExecutorService makesAPool() {
        return Executors.newCachedThreadPool();
    }

    void usesAPool(Executor executor) {
        executor.execute(this::name);
    }

    CompletableFuture<String> borrowsAPool() {
        return CompletableFuture.supplyAsync(this::name);
    }

    Timer makesATimer() {
        return new Timer(true);
    }

    void sleeps() throws InterruptedException {
        Thread.sleep(1);
    }

    void sleepsByUnit() throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(1);
    }

    void parks() {
        LockSupport.parkNanos(1);
    }

    long looksAtTheTimer() {
        return System.nanoTime();
    }

    long looksAtTheClock() {
        return System.currentTimeMillis();
    }

    Instant asksForNow() {
        return Instant.now();
    }

    Clock asksForAClock() {
        return Clock.systemUTC();
    }

    LongSupplier looksAtTheTimerByReference() {
        return System::nanoTime;
    }

    String readsJson() {
        return JsonMapper.builder().build().writeValueAsString(name());
    }

    int usesItsNeighbour() {
        return PlantedNeighbour.partitions();
    }

    boolean usesTheEngine(SteppedLoops loops) {
        return loops.mayWait();
    }

    Class<?> usesTheTestKit() {
        return Rule.class;
    }

    /** Shows a client's type. */
    public JsonMapper showsAClientsType() {
        return JsonMapper.builder().build();
    }
}
