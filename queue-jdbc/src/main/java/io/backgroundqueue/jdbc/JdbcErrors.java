package io.backgroundqueue.jdbc;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.spi.ErrorClass;
import java.sql.SQLException;
import java.util.Set;

/** What the errors of databases and their drivers mean, by SQLSTATE. */
final class JdbcErrors {
    /** The statement was rolled back: a conflict, a lock that was not to be had in time, a server that goes down. */
    private static final Set<String> UNDONE = Set.of(
            // Another transaction stored the same id at the same time; the next look finds it.
            "23505",
            "25006",
            "40001",
            "40P01",
            "55P03",
            "57014",
            "57P01",
            "57P02",
            "57P03",
            "57P05",
            // H2: lock timeout, and a row that changed meanwhile.
            "HYT00",
            "90131");

    private static final Set<String> BLOCKED = Set.of("23505", "40001", "40P01", "55P03", "57014", "HYT00", "90131");

    /** H2's 3F000. */
    private static final String NO_SCHEMA = "90079";

    private JdbcErrors() {}

    static ErrorClass classify(Exception error) {
        if (error instanceof QueueException ours) {
            return classify(ours.kind());
        }
        if (error instanceof InterruptedException) {
            return ErrorClass.TRANSIENT;
        }
        if (!(error instanceof SQLException failed) || error instanceof CommitFailedException) {
            return ErrorClass.OUTCOME_UNKNOWN;
        }
        ErrorClass byState = classify(state(failed));
        return error instanceof NotConnectedException && byState == ErrorClass.OUTCOME_UNKNOWN
                ? ErrorClass.TRANSIENT
                : byState;
    }

    /** Whether surely nothing was changed. */
    static boolean undone(Exception error) {
        return classify(error) != ErrorClass.OUTCOME_UNKNOWN;
    }

    /** Whether the tasks of a batch should be tried one by one: one of them may be to blame. */
    static boolean blamesOne(SQLException error) {
        return classify(error) == ErrorClass.REFUSED || blocked(error);
    }

    /** Whether it waited, in vain, for a transaction of somebody's. */
    static boolean blocked(Exception error) {
        return error instanceof SQLException failed
                && !(error instanceof NotConnectedException)
                && classify(error) == ErrorClass.TRANSIENT
                && BLOCKED.contains(state(failed));
    }

    /** The first SQLSTATE in the chain: batches and pools wrap what happened. */
    static String state(SQLException error) {
        Throwable at = error;
        for (int depth = 0; at != null && depth < 10; depth++) {
            if (at instanceof SQLException failed) {
                SQLException next = failed.getNextException();
                if (failed.getSQLState() != null
                        && !(failed instanceof java.sql.BatchUpdateException && next != null)) {
                    return failed.getSQLState();
                }
                at = next != null ? next : failed.getCause();
            } else {
                at = at.getCause();
            }
        }
        return "";
    }

    private static ErrorClass classify(String state) {
        if (UNDONE.contains(state)) {
            return ErrorClass.TRANSIENT;
        }
        return switch (state.substring(0, Math.min(2, state.length()))) {
            case "22", "23", "54" -> ErrorClass.REFUSED;
            case "26", "28", "3D", "3F", "42", "0A" -> ErrorClass.MISCONFIGURED;
            case "53" -> ErrorClass.THROTTLED;
            default -> state.equals(NO_SCHEMA) ? ErrorClass.MISCONFIGURED : ErrorClass.OUTCOME_UNKNOWN;
        };
    }

    private static ErrorClass classify(QueueException.Kind kind) {
        return switch (kind) {
            case CLOSED -> ErrorClass.CLOSED;
            case OVERLOADED -> ErrorClass.THROTTLED;
            case MISCONFIGURED -> ErrorClass.MISCONFIGURED;
            case INVALID, TOO_LARGE, UNSUPPORTED -> ErrorClass.REFUSED;
            case UNAVAILABLE -> ErrorClass.TRANSIENT;
            case OUTCOME_UNKNOWN -> ErrorClass.OUTCOME_UNKNOWN;
        };
    }
}
