package io.backgroundqueue.jdbc;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What our tables are called in one database, and SQL that names them.
 *
 * @param schema as the database stores it
 * @param prefix what every name begins with
 * @param now SQL of the database's clock, which goes on within a transaction where it can
 * @param next SQL of the next place in the line
 * @param later SQL of so many microseconds from now, with one question mark
 * @param guard what a statement selects besides, so that a process which hangs does not keep its locks
 */
record Names(String schema, String prefix, String now, String next, String later, String guard) {
    private static final Pattern NAME = Pattern.compile("\\{(\\w+)}");

    /** What the producer wrote and nothing changes, in tasks and dead letters alike. */
    private static final String ENVELOPE = "topic, task_id, priority, version, enqueued_at, attempts, dedup_id,"
            + " dedup_window, ordering_key, expires_after, headers, payload";

    private static final String PROGRESS = "verdicts, failures, interruptions, replayed, last_error";

    /** SQL with the names put in: <code>{task}</code> is a table, <code>{now}</code>, <code>{next}</code> and <code>{later}</code> are expressions. */
    String sql(String text) {
        return NAME.matcher(text)
                .replaceAll(name -> Matcher.quoteReplacement(
                        switch (name.group(1)) {
                            case "now" -> now;
                            case "next" -> next;
                            case "later" -> later;
                            case "guard" -> guard;
                            case "envelope" -> ENVELOPE;
                            case "progress" -> PROGRESS;
                            default -> table(name.group(1));
                        }));
    }

    /** The full name of a table. */
    String table(String name) {
        return quoted(schema) + "." + prefix + name;
    }

    static String quoted(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }
}
