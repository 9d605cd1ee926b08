package io.backgroundqueue.examples.orders;

import java.io.Console;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/** Says how far it is: on a terminal in one line that changes, elsewhere in a plain line every two seconds. */
final class Progress {
    private static final Duration PLAIN_LINE = Duration.ofSeconds(2);

    private final PrintStream out;
    private final boolean terminal;
    private final long total;
    private final LongSupplier nanos;
    private final long begun;
    private long lastPlainLine;

    /**
     * @param total how many tasks there will be, about
     * @param nanos the clock
     */
    Progress(PrintStream out, boolean terminal, long total, LongSupplier nanos) {
        this.out = out;
        this.terminal = terminal;
        this.total = total;
        this.nanos = nanos;
        this.begun = nanos.getAsLong();
        this.lastPlainLine = begun;
    }

    /** Whether somebody looks on. From Java 22 on there is a console also where there is no terminal. */
    @SuppressWarnings("SystemConsoleNull") // the null is for Java 17 to 21
    static boolean onTerminal() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException before22) {
            return true;
        }
    }

    /** So many tasks have ended. */
    void show(long done) {
        long now = nanos.getAsLong();
        if (terminal) {
            out.print("\r" + line(done, now) + "   ");
            out.flush();
        } else if (now - lastPlainLine >= PLAIN_LINE.toNanos()) {
            lastPlainLine = now;
            out.println(line(done, now));
        }
    }

    /** Leaves the line, so that what follows begins on its own. */
    void end(long done) {
        double seconds = seconds(nanos.getAsLong());
        String line = String.format(Locale.ROOT, "%,d tasks ended in %.1f s, %,.0f/s", done, seconds, done / seconds);
        out.println(terminal ? "\r" + line + " ".repeat(30) : line);
    }

    private String line(long done, long now) {
        double rate = done / seconds(now);
        long left = Math.max(0, total - done);
        String rest = rate < 0.1 ? "waiting" : "about " + (long) Math.ceil(left / rate) + " s left";
        return String.format(
                Locale.ROOT, "%,d of %,d tasks ended, %,.0f/s, %s", done, Math.max(total, done), rate, rest);
    }

    private double seconds(long now) {
        return Math.max(1, now - begun) / 1e9;
    }
}
