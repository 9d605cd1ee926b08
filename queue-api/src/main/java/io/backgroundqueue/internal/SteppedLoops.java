package io.backgroundqueue.internal;

import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Duty;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;

/** Turns duties on the thread of the caller, one {@link #pass()} after the other. Not thread-safe. */
public final class SteppedLoops implements Loops {
    private final Time time;
    private final List<Step> steps = new ArrayList<>();

    /** Duties rest by this clock. */
    public SteppedLoops(Time time) {
        this.time = time;
    }

    @Override
    public Loop start(Duty duty, String topic, boolean worker) {
        Step step = new Step(duty, worker);
        steps.add(step);
        return step;
    }

    /** Lets every duty take one turn, rest or no rest; true if one of them has more to do at once. */
    public boolean pass() {
        steps.forEach(Step::wake);
        return turn(List.copyOf(steps));
    }

    @Override
    public boolean join(Future<?> future) throws InterruptedException {
        boolean more = true;
        while (more && !future.isDone()) {
            more = pump();
        }
        return future.isDone() && Loops.joined(future);
    }

    @Override
    public boolean mayWait() {
        return false;
    }

    @Override
    public boolean pump() {
        return turn(steps.stream().filter(step -> !step.worker).toList());
    }

    private static boolean turn(List<Step> steps) {
        boolean more = false;
        for (Step step : steps) {
            more |= step.take();
        }
        return more;
    }

    private final class Step implements Loop {
        private final Duty duty;
        private final boolean worker;
        private boolean turning;
        private boolean woken = true;
        private long restsUntil;

        Step(Duty duty, boolean worker) {
            this.duty = duty;
            this.worker = worker;
        }

        /** One turn, unless it rests or is in the middle of one: a handler may enqueue, which needs other turns. */
        boolean take() {
            if (turning || (!woken && time.nanos() < restsUntil)) {
                return false;
            }
            turning = true;
            woken = false;
            try {
                Duration rest = duty.turn();
                restsUntil = time.deadline(rest);
                return rest.isZero();
            } catch (RuntimeException failure) {
                throw failure;
            } catch (Exception failure) {
                throw new IllegalStateException(duty.name() + " failed", failure);
            } finally {
                turning = false;
            }
        }

        @Override
        public void wake() {
            woken = true;
        }

        @Override
        public void end() {
            if (steps.remove(this)) {
                duty.close();
            }
        }

        @Override
        public void join() {}
    }
}
