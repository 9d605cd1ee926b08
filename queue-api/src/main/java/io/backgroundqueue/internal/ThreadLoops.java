package io.backgroundqueue.internal;

import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Duty;
import java.time.Duration;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One thread per duty. None of them is ever interrupted: drivers lose state when they are. */
final class ThreadLoops implements Loops {
    private static final Logger LOG = LoggerFactory.getLogger(ThreadLoops.class);

    /** How long a stop waits for a turn: a call of the driver, and a little. */
    private static final Duration LONGEST_TURN = EngineContext.CALL_TIMEOUT.plusSeconds(1);

    /** The deadline is the queue's clock's, which may be turned by hand meanwhile. */
    private static final long JOIN_STEP_MILLIS = 250;

    private final Time time;
    private final Events events;

    ThreadLoops(Time time, Events events) {
        this.time = time;
        this.events = events;
    }

    @Override
    public Loop start(Duty duty, String topic, boolean worker) {
        DutyRunner runner = new DutyRunner(duty, topic);
        runner.thread.setDaemon(!worker);
        runner.thread.start();
        return runner;
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

    /** Repeats the turns of one duty until it is stopped. */
    private final class DutyRunner implements Runnable, Loop {
        private final Duty duty;
        private final Outage outage;
        private final Waiter waiter = new Waiter(time);
        private final Thread thread;
        private volatile boolean stopping;
        private volatile long endsBy;

        DutyRunner(Duty duty, String topic) {
            this.duty = duty;
            this.outage = new Outage(topic, duty.name(), time, events);
            this.thread = new Thread(this, "bq-" + duty.name() + "-" + topic);
        }

        @Override
        public void run() {
            while (!stopping) {
                Duration pause = turn();
                if (!pause.isZero() && !stopping) {
                    rest(pause);
                }
            }
            close();
        }

        /** An interrupt can only be a listener's or a client library's leftover: it ends no loop. */
        private void rest(Duration pause) {
            try {
                waiter.pause(pause);
            } catch (InterruptedException leftover) {
                LOG.debug("{} was interrupted, and goes on", thread.getName(), leftover);
            }
        }

        private Duration turn() {
            try {
                Duration pause = duty.turn();
                outage.over();
                return pause;
            } catch (Throwable failure) {
                return failed(failure);
            }
        }

        /** Telling a failure may fail too, by an error in it or for want of memory; the thread must not end by that. */
        private Duration failed(Throwable failure) {
            try {
                return outage.failed(failure);
            } catch (Throwable untold) {
                return Outage.LONGEST;
            }
        }

        private void close() {
            try {
                duty.close();
            } catch (Throwable failure) {
                LOG.warn("Closing {} failed", thread.getName(), Errors.clean(failure));
            }
        }

        @Override
        public void wake() {
            waiter.wake();
        }

        @Override
        public void end() {
            endsBy = time.deadline(LONGEST_TURN);
            stopping = true;
            waiter.wake();
            try {
                duty.wake();
            } catch (RuntimeException failure) {
                LOG.debug("Waking {} failed; it ends after its turn", thread.getName(), failure);
            }
        }

        @Override
        public void join() {
            if (Thread.currentThread() == thread) {
                return;
            }
            boolean interrupted = false;
            long steps = LONGEST_TURN.toMillis() / JOIN_STEP_MILLIS;
            for (long step = 0; step < steps && thread.isAlive() && time.nanos() < endsBy; step++) {
                interrupted |= !joined();
            }
            if (thread.isAlive()) {
                LOG.warn("{} did not end within {}; it is left behind", thread.getName(), LONGEST_TURN);
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }

        /** Waits for the thread's end; false if the caller was interrupted, who must wait all the same. */
        private boolean joined() {
            try {
                thread.join(Math.max(1, Math.min(time.until(endsBy).toMillis(), JOIN_STEP_MILLIS)));
                return true;
            } catch (InterruptedException interrupted) {
                return false;
            }
        }
    }
}
