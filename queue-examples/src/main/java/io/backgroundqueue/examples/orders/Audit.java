package io.backgroundqueue.examples.orders;

import io.backgroundqueue.BackgroundQueue;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * All topics from both sides.
 *
 * @param clicks how many orders were read from the file
 * @param accounts one per topic, in the order of the flow
 */
record Audit(int clicks, List<Account> accounts) {
    private static final int SHOWN = 5;
    private static final Duration LOOK = Duration.ofMillis(100);
    private static final String ROW = "  %-26s %9s %11s %10s %8s %14s %8s %13s%n";

    /** Takes the accounts; again for a while if they differ, for many a broker counts with a delay. */
    static Audit of(
            BackgroundQueue queue, DemoLedger ledger, Map<String, Account.Stock> topics, int clicks, Duration patience)
            throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            List<Account> accounts = new ArrayList<>();
            topics.forEach((topic, before) -> accounts.add(Account.of(ledger.line(topic), queue, before)));
            Audit audit = new Audit(clicks, accounts);
            if (audit.differences().isEmpty() || System.nanoTime() > deadline) {
                return audit;
            }
            Thread.sleep(LOOK.toMillis());
        }
    }

    /** Everything that does not fit; empty if the ledger balances. */
    List<String> differences() {
        List<String> differences = new ArrayList<>();
        LedgerLine first = accounts.get(0).line();
        int answered = first.accepted() + first.duplicates() + first.failed().size();
        if (answered != clicks) {
            differences.add(first.topic() + ": " + clicks + " orders were placed, and " + answered + " were answered");
        }
        accounts.forEach(account -> differences.addAll(account.differences()));
        return differences;
    }

    void print(PrintStream out) {
        out.printf(
                ROW,
                "topic",
                "accepted",
                "duplicates",
                "completed",
                "retried",
                "dead letters",
                "expired",
                "still stored");
        accounts.forEach(account -> row(out, account));
        out.printf(
                ROW,
                "all",
                sum(a -> a.line().accepted()),
                sum(a -> a.line().duplicates()),
                sum(a -> a.line().completed()),
                sum(a -> a.line().retried()),
                sum(a -> a.line().dead().size()),
                sum(a -> a.line().expired()),
                sum(a -> a.stored().orElse(0L)));
        if (takenOver() > 0) {
            out.println("  " + takenOver() + " tasks were taken over from a run that was killed");
        }
        long twice = sum(a -> a.line().twice());
        if (twice > 0) {
            out.println(
                    "  " + twice + " tasks ran to an end twice, which at-least-once allows; their effects are single");
        }
        accounts.forEach(account -> letters(out, account.line()));
    }

    private static void letters(PrintStream out, LedgerLine line) {
        line.dead().entrySet().stream()
                .limit(SHOWN)
                .forEach(letter -> out.println(
                        "  dead letter on " + line.topic() + ": " + letter.getKey() + ", " + letter.getValue()));
        if (line.dead().size() > SHOWN) {
            out.println("  and " + (line.dead().size() - SHOWN) + " more on " + line.topic());
        }
    }

    private static void row(PrintStream out, Account account) {
        LedgerLine line = account.line();
        out.printf(
                ROW,
                line.topic(),
                line.accepted(),
                line.duplicates(),
                line.completed(),
                line.retried(),
                line.dead().size(),
                line.expired(),
                account.stored().map(String::valueOf).orElse("not known"));
    }

    private long takenOver() {
        return sum(a -> a.before().tasks());
    }

    private long sum(ToLongFunction<Account> column) {
        return accounts.stream().mapToLong(column).sum();
    }

    /** The equation, with the numbers of all topics. */
    String equation() {
        return (takenOver() > 0 ? takenOver() + " taken over + " : "")
                + sum(a -> a.line().accepted()) + " accepted = "
                + sum(a -> a.line().completed()) + " completed + "
                + sum(a -> a.line().dead().size()) + " dead-lettered + "
                + sum(a -> a.line().expired())
                + " expired + " + sum(a -> a.stored().orElse(0L)) + " still stored";
    }
}
