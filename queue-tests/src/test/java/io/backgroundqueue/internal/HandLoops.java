package io.backgroundqueue.internal;

import io.backgroundqueue.spi.Duty;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;

/** Turns nothing by itself: a test takes the turns, in the order it wants, and sees who was woken. */
final class HandLoops implements Loops {
    final List<HandLoop> started = new ArrayList<>();

    /** One duty. */
    static final class HandLoop implements Loop {
        final Duty duty;
        final String topic;
        final boolean keepsAlive;
        int wakes;
        boolean stopped;

        HandLoop(Duty duty, String topic, boolean keepsAlive) {
            this.duty = duty;
            this.topic = topic;
            this.keepsAlive = keepsAlive;
        }

        @Override
        public void wake() {
            wakes++;
        }

        @Override
        public void end() {
            stopped = true;
        }

        @Override
        public void join() {}
    }

    HandLoop loop(String name) {
        return started.stream()
                .filter(loop -> loop.duty.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no duty is called " + name));
    }

    /** One turn; answers the pause that the duty asks for. */
    Duration turn(String name) {
        try {
            return loop(name).duty.turn();
        } catch (Exception failure) {
            throw new AssertionError(name + " threw", failure);
        }
    }

    @Override
    public Loop start(Duty duty, String topic, boolean keepsAlive) {
        HandLoop loop = new HandLoop(duty, topic, keepsAlive);
        started.add(loop);
        return loop;
    }

    @Override
    public boolean join(Future<?> future) throws InterruptedException {
        return Loops.joined(future);
    }

    @Override
    public boolean mayWait() {
        return true;
    }

    @Override
    public boolean pump() {
        return false;
    }
}
