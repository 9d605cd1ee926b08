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
            try {
                while (!stopping) {
                    Duration pause = turn();
                    if (!pause.isZero() && !stopping) {
                        waiter.pause(pause);
                    }
                }
            } catch (InterruptedException unexpected) {
                LOG.error("{} was interrupted from outside and ends", thread.getName(), unexpected);
            } finally {
                close();
            }
        }

        private Duration turn() {
            try {
                Duration pause = duty.turn();
                outage.over();
                return pause;
            } catch (Throwable failure) {
                return outage.failed(failure);
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
            duty.wake();
        }

        @Override
        public void join() {
            if (Thread.currentThread() == thread) {
                return;
            }
            try {
                thread.join(Math.max(1, time.until(endsBy).toMillis()));
                if (thread.isAlive()) {
                    LOG.warn("{} did not end within {}; it is left behind", thread.getName(), LONGEST_TURN);
                }
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
