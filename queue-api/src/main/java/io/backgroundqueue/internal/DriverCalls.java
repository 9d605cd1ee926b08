package io.backgroundqueue.internal;

import io.backgroundqueue.Time;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.QueueDriver;
import java.time.Duration;
import java.util.concurrent.Callable;

/** Calls the driver for somebody who waits: repeats what is transient for a while, and wraps errors once. */
final class DriverCalls {
    private static final Duration PAUSE = Duration.ofMillis(100);

    private final QueueDriver driver;
    private final Time time;
    private final Loops loops;

    DriverCalls(QueueDriver driver, Time time, Loops loops) {
        this.driver = driver;
        this.time = time;
        this.loops = loops;
    }

    /** The result of {@code call}. {@code what} begins the message of an error, as in "stats of 'mail'". */
    <T> T call(String what, Callable<T> call) {
        long deadline = time.deadline(EngineContext.CALL_TIMEOUT);
        while (true) {
            try {
                return call.call();
            } catch (Exception failure) {
                ErrorClass errorClass = driver.classify(failure);
                if (!repeatable(errorClass) || time.nanos() >= deadline || !loops.mayWait() || !paused()) {
                    throw Errors.wrap(errorClass, what, failure, null);
                }
            }
        }
    }

    private static boolean repeatable(ErrorClass errorClass) {
        return errorClass == ErrorClass.TRANSIENT || errorClass == ErrorClass.THROTTLED;
    }

    /** Waits a moment; false if the caller was interrupted. */
    private boolean paused() {
        try {
            new Waiter(time).pause(PAUSE);
            return true;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
