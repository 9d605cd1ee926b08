package io.backgroundqueue.inmemory;

import static io.backgroundqueue.inmemory.Sample.task;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.SendResult;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClockTest {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final Bench bench = new Bench();

    @Test
    void aDelayIsHandedOutAtItsTimeAndNotEarlier() {
        bench.send(task("a").after(MINUTE));
        bench.time.advance(MINUTE.minusNanos(1));
        assertThat(bench.take(1)).isEmpty();
        bench.time.advance(Duration.ofNanos(1));

        assertThat(bench.takeOne().due()).isEqualTo(Bench.START.plus(MINUTE)).isEqualTo(bench.time.now());
    }

    @Test
    void aWallClockThatJumpsForwardFiresNoDelayEndsNoLeaseAndForgetsNoId() {
        bench.send(task("held").dedup("click", MINUTE), task("delayed").after(MINUTE));
        var held = bench.takeOne();

        bench.time.jump(HOUR);

        assertThat(bench.take(9)).isEmpty();
        assertThat(bench.sendOne(task("other").dedup("click", MINUTE))).isInstanceOf(SendResult.Duplicate.class);
        assertThat(bench.ack(held)).isEqualTo(Outcome.DONE);
    }

    @Test
    void aWallClockThatJumpsBackHoldsNoDelayUpAndTheDueTimeIsNeverInTheFuture() {
        bench.send(task("a").after(MINUTE));
        bench.time.jump(HOUR.negated());
        bench.time.advance(MINUTE.plusSeconds(5));

        var task = bench.takeOne();
        assertThat(task.due()).isEqualTo(bench.time.now().minusSeconds(5));
    }

    @Test
    void aJumpMakesATaskThatWaitsForAWorkerLookNeitherOlderNorYounger() {
        bench.send(task("a"));
        bench.time.advance(MINUTE);
        bench.time.jump(HOUR);

        assertThat(bench.driver.stats("orders").oldestReady()).contains(MINUTE);
        assertThat(bench.takeOne().due()).isEqualTo(bench.time.now().minus(MINUTE));
    }

    @Test
    void aTimeOfDayFollowsTheWallClockWhereverItJumps() {
        bench.send(
                task("soon").start(new Start.At(Bench.START.plus(HOUR))),
                task("later").start(new Start.At(Bench.START.plus(HOUR).plus(HOUR))));
        bench.time.jump(HOUR);
        var soon = bench.takeOne();
        assertThat(soon.envelope().taskId()).isEqualTo("soon");
        assertThat(soon.due()).isEqualTo(Bench.START.plus(HOUR));

        bench.time.jump(HOUR.negated());
        bench.time.advance(HOUR);
        assertThat(bench.takeIds(1)).containsExactly("soon");
        bench.time.advance(HOUR);
        assertThat(bench.takeIds(9)).containsExactlyInAnyOrder("soon", "later");
    }

    @Test
    void aTimeOfDayThatIsReachedAndThenUndoneByAJumpIsStillReadyAndNotDueInTheFuture() {
        bench.send(task("a").start(new Start.At(Bench.START.plus(HOUR))));
        bench.time.jump(HOUR);
        assertThat(bench.counts()).containsExactly(1L, 0L, 0L, 0L);
        bench.time.jump(HOUR.negated());

        assertThat(bench.takeOne().due()).isEqualTo(bench.time.now());
    }

    @Test
    void aTimeOfDayInThePastMeansNow() {
        bench.send(task("a").start(new Start.At(Bench.START.minus(HOUR))));

        assertThat(bench.takeOne().due()).isEqualTo(Bench.START);
    }

    @Test
    void delaysAndTimesOfDayBecomeReadyInOneOrder() {
        bench.send(
                task("third").after(MINUTE.multipliedBy(3)),
                task("second").start(new Start.At(Bench.START.plus(MINUTE.multipliedBy(2)))),
                task("first").after(MINUTE));
        bench.time.advance(HOUR);

        assertThat(bench.takeIds(9)).containsExactly("first", "second", "third");
    }

    @Test
    void theLongestDelayAndTheLastInstantAreKeptWithoutOverflow() {
        bench.send(
                task("years").after(Duration.ofDays(36_500)),
                task("ever").start(new Start.At(java.time.Instant.MAX)),
                task("seconds").after(Duration.ofSeconds(1)));
        bench.time.advance(Duration.ofDays(365));

        assertThat(bench.takeIds(9)).containsExactly("seconds");
        assertThat(bench.counts()).containsExactly(0L, 2L, 1L, 0L);
    }

    @Test
    void theBrokerKnowsWhenTimeAloneWillChangeSomething() {
        List<String> both = List.of("orders", "mails");
        assertThat(bench.broker.untilNextChange(both)).isEmpty();
        bench.send(task("a"), task("b").topic("mails").after(HOUR));
        assertThat(bench.broker.untilNextChange(both)).contains(HOUR);

        bench.takeOne();
        bench.time.advance(Duration.ofSeconds(10));
        assertThat(bench.broker.untilNextChange(both)).contains(Duration.ofSeconds(20));
        assertThat(bench.broker.untilNextChange(List.of("mails"))).contains(HOUR.minusSeconds(10));
    }
}
