package io.backgroundqueue.internal;

import io.backgroundqueue.spi.Duty;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/** Where duties are turned: on threads of their own, or by hand in a test. */
public interface Loops {
    /**
     * Begins to turn {@code duty}.
     *
     * @param worker whether it is the loop that starts handlers: it keeps the process alive, and by hand it is turned
     *     only on demand
     */
    Loop start(Duty duty, String topic, boolean worker);

    /** Waits for {@code future}; false if nothing that is turned here will ever complete it. */
    boolean join(Future<?> future) throws InterruptedException;

    /** Whether anybody may wait for something that another turn does. */
    boolean mayWait();

    /** Takes the turns that can be taken at once, if that is the caller's business; true if there may be more. */
    boolean pump();

    /** One duty that is being turned. */
    interface Loop {
        /** Makes the next turn come at once. */
        void wake();

        /** Lets it end after the current turn and close the duty on its own thread; returns at once. */
        void end();

        /** Waits a bounded time until it has ended. */
        void join();
    }

    /** Ends all of them, side by side. */
    static void stop(List<Loop> loops) {
        loops.forEach(Loop::end);
        loops.forEach(Loop::join);
    }

    /** Waits for {@code future} whatever it ends with. */
    static boolean joined(Future<?> future) throws InterruptedException {
        try {
            future.get();
        } catch (ExecutionException ended) {
            return true;
        }
        return true;
    }
}
