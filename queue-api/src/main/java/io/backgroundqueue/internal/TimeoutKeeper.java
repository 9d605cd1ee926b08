package io.backgroundqueue.internal;

import io.backgroundqueue.spi.Duty;
import java.time.Duration;

/** Interrupts handlers that run longer than they may, and settles the failure of those that do not answer. */
final class TimeoutKeeper implements Duty {
    /** How long a handler may take to answer its interrupt. */
    static final Duration GRACE = Duration.ofSeconds(10);

    /** No timeout makes it look more often. */
    private static final Duration SHORTEST = Duration.ofMillis(1);

    private final SettleBatcher settler;
    private final Duration timeout;

    TimeoutKeeper(SettleBatcher settler, Duration timeout) {
        this.settler = settler;
        this.timeout = timeout;
    }

    @Override
    public String name() {
        return "timeout";
    }

    @Override
    public Duration turn() {
        Duration next = timeout;
        for (TaskRun<?> run : settler.held()) {
            if (run.running()) {
                next = min(next, look(run));
            }
        }
        return max(next, SHORTEST);
    }

    /** Does what is due for one run, and answers when something is due for it next. */
    private Duration look(TaskRun<?> run) {
        Duration left = timeout.minus(run.ran());
        if (!left.isNegative() && !left.isZero()) {
            return left;
        }
        run.interrupt(TaskRun.Cause.TIMEOUT);
        Duration graceLeft = left.plus(GRACE);
        if (!graceLeft.isNegative() && !graceLeft.isZero()) {
            return graceLeft;
        }
        run.judgeStuck(timeout);
        return timeout;
    }

    private static Duration max(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    private static Duration min(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
