package io.backgroundqueue.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.internal.Loops.Loop;
import io.backgroundqueue.spi.Duty;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class SteppedLoopsTest {
    private static final Duration HOUR = Duration.ofHours(1);

    private final Bench bench = new Bench();
    private final SteppedLoops loops = new SteppedLoops(bench.time);
    private final List<String> turns = new ArrayList<>();

    @Test
    void aPumpedDutyRestsAsLongAsItSaid() {
        loops.start(duty("a", () -> HOUR), "orders", false);
        assertThat(loops.pump()).isFalse();
        bench.time.advance(HOUR.minusNanos(1));
        loops.pump();
        assertThat(turns).containsExactly("a");
        bench.time.advance(Duration.ofNanos(1));
        loops.pump();

        assertThat(turns).containsExactly("a", "a");
    }

    @Test
    void aWakeEndsTheRest() {
        Loop loop = loops.start(duty("a", () -> HOUR), "orders", false);
        loops.pump();
        loop.wake();
        loops.pump();

        assertThat(turns).hasSize(2);
    }

    @Test
    void aPassIsATurnOfEveryDutyWhetherItRestsOrNot() {
        loops.start(duty("a", () -> HOUR), "orders", false);
        loops.start(duty("b", () -> turns.size() < 3 ? Duration.ZERO : HOUR), "orders", false);

        assertThat(loops.pass()).isTrue();
        assertThat(loops.pass()).isFalse();
        assertThat(turns).containsExactly("a", "b", "a", "b");
    }

    @Test
    void aLoopThatStartsHandlersIsTurnedOnDemandOnly() throws Exception {
        loops.start(duty("worker", () -> HOUR), "orders", true);
        loops.pump();
        assertThat(loops.join(new CompletableFuture<>())).isFalse();
        assertThat(turns).isEmpty();
        loops.pass();

        assertThat(turns).containsExactly("worker");
    }

    @Test
    void thereIsMoreToDoWhileADutySaysSo() {
        loops.start(duty("a", () -> turns.size() < 3 ? Duration.ZERO : HOUR), "orders", false);

        assertThat(loops.pump()).isTrue();
        assertThat(loops.pump()).isTrue();
        assertThat(loops.pump()).isFalse();
    }

    @Test
    void joiningTakesTurnsUntilTheAnswerIsThereOrNothingIsLeftToDo() throws Exception {
        CompletableFuture<String> answer = new CompletableFuture<>();
        loops.start(
                duty("a", () -> {
                    if (turns.size() == 3) {
                        answer.complete("answer");
                    }
                    return turns.size() < 5 ? Duration.ZERO : HOUR;
                }),
                "orders",
                false);

        assertThat(loops.join(answer)).isTrue();
        assertThat(turns).hasSize(3);
        assertThat(loops.join(new CompletableFuture<>())).isFalse();
        assertThat(loops.join(CompletableFuture.failedFuture(new IllegalStateException())))
                .isTrue();
        assertThat(loops.mayWait()).isFalse();
    }

    @Test
    void aDutyThatNeedsTheOthersDuringItsTurnIsNotTurnedAgainWithinIt() {
        loops.start(
                duty("outer", () -> {
                    loops.pass();
                    return HOUR;
                }),
                "orders",
                false);
        loops.start(duty("inner", () -> HOUR), "orders", false);
        loops.pass();

        assertThat(turns).containsExactly("outer", "inner");
    }

    @Test
    void aStoppedDutyIsClosedOnceAndNotTurnedAgain() {
        Loop loop = loops.start(duty("a", () -> Duration.ZERO), "orders", false);
        Loops.stop(List.of(loop));
        Loops.stop(List.of(loop));

        assertThat(loops.pass()).isFalse();
        assertThat(turns).containsExactly("close a");
    }

    @Test
    void whatADutyThrowsReachesTheTest() {
        loops.start(
                duty("a", () -> {
                    throw new IllegalStateException("a bug");
                }),
                "orders",
                false);

        assertThatThrownBy(loops::pass).hasMessage("a bug");
    }

    private Duty duty(String name, Supplier<Duration> turn) {
        return new Duty() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public Duration turn() {
                turns.add(name);
                return turn.get();
            }

            @Override
            public void close() {
                turns.add("close " + name);
            }
        };
    }
}
