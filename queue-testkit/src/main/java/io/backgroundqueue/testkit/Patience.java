package io.backgroundqueue.testkit;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * How long a test waits. What must happen gets plenty of time and costs none when it does; what must not happen costs
 * its time always.
 *
 * @param eventually until something that must happen counts as missing
 * @param never until something that must not happen counts as absent
 * @param poll between two looks
 */
public record Patience(Duration eventually, Duration never, Duration poll) {
    /** The system property, a factor such as {@code 3} or {@code 0.5}, for slow and fast machines. */
    public static final String FACTOR = "bq.patience";

    /** Something to wait for. */
    @FunctionalInterface
    public interface Condition {
        boolean holds() throws Exception;
    }

    /** 15 seconds, 300 milliseconds and 5 milliseconds, the first two times {@link #FACTOR}. */
    public static Patience standard() {
        return new Patience(Duration.ofSeconds(15), Duration.ofMillis(300), Duration.ofMillis(5)).times(factor());
    }

    /** Longer or shorter by {@code factor}; looks as often as before. */
    public Patience times(double factor) {
        return new Patience(scaled(eventually, factor), scaled(never, factor), poll);
    }

    /** Waits until {@code condition} holds, and fails with {@code description} when patience ends. */
    public void eventually(Condition condition, Supplier<String> description) throws Exception {
        if (!within(eventually, condition)) {
            throw new AssertionError("Waited " + eventually.toMillis() + " ms in vain: " + description.get());
        }
    }

    /** Watches that {@code condition} does not hold as long as patience lasts, and fails as soon as it does. */
    public void never(Condition condition, Supplier<String> description) throws Exception {
        if (within(never, condition)) {
            throw new AssertionError("This must not happen: " + description.get());
        }
    }

    /** Whether {@code condition} holds before {@code time} has passed; looks at least once. */
    public boolean within(Duration time, Condition condition) throws Exception {
        long deadline = System.nanoTime() + time.toNanos();
        while (!condition.holds()) {
            if (System.nanoTime() - deadline >= 0) {
                return false;
            }
            pause();
        }
        return true;
    }

    /** Waits for one {@link #poll}. */
    public void pause() throws InterruptedException {
        LockSupport.parkNanos(this, poll.toNanos());
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted while a test was waiting");
        }
    }

    private static double factor() {
        String text = System.getProperty(FACTOR, "1");
        try {
            double factor = Double.parseDouble(text);
            if (factor > 0 && factor <= 1_000) {
                return factor;
            }
        } catch (NumberFormatException notANumber) {
            throw new IllegalArgumentException(illegal(text), notANumber);
        }
        throw new IllegalArgumentException(illegal(text));
    }

    private static String illegal(String text) {
        return "-D" + FACTOR + "=" + text + " is not a factor. Give a number above 0 and up to 1000, such as 3 or 0.5";
    }

    private static Duration scaled(Duration duration, double factor) {
        return Duration.ofNanos(Math.round(duration.toNanos() * factor));
    }
}
