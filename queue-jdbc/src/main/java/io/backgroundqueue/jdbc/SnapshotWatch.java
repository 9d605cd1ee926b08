package io.backgroundqueue.jdbc;

import io.backgroundqueue.spi.Duty;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says once of each transaction that has been open for long and sees old rows: PostgreSQL keeps every row that it might read,
 * and claims step over those that are dead. Of other roles' transactions it is only told with the right {@code pg_monitor}.
 */
final class SnapshotWatch implements Duty {
    /** Longer than any call of ours, and soon enough to act. */
    private static final Duration LONG = Duration.ofMinutes(5);

    private static final Logger LOG = LoggerFactory.getLogger(SnapshotWatch.class);
    private static final Duration BETWEEN_LOOKS = Duration.ofMinutes(1);
    private static final Duration CALL = Duration.ofSeconds(8);

    private static final String OPEN = """
            SELECT pid, to_char(xact_start, 'YYYY-MM-DD HH24:MI:SS.US') AS since,
              coalesce(application_name, '') AS application, coalesce(state, '') AS state
            FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
              AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)
              AND xact_start < clock_timestamp() - ? * interval '1 microsecond'
            ORDER BY xact_start LIMIT 10""";

    private final Database database;
    private final Duration longer;
    private final Consumer<String> report;
    private Set<Open> told = Set.of();

    SnapshotWatch(Database database) {
        this(database, LONG, LOG::warn);
    }

    /** @param longer than this is long */
    SnapshotWatch(Database database, Duration longer, Consumer<String> report) {
        this.database = database;
        this.longer = longer;
        this.report = report;
    }

    private record Open(int pid, String since, String application, String state) {
        boolean is(Open other) {
            return pid == other.pid && since.equals(other.since);
        }

        @Override
        public String toString() {
            return "A transaction is open since " + since + " (pid " + pid + ", application '" + application + "', "
                    + state
                    + "): until it ends, no dead row of the queue is removed, and claims become slower. End it, or run"
                    + " SELECT pg_terminate_backend(" + pid + ")";
        }
    }

    @Override
    public String name() {
        return "snapshots";
    }

    @Override
    public Duration turn() throws SQLException {
        List<Open> found = database.call(
                database.time().deadline(CALL),
                session -> session.step(OPEN, Moments.micros(longer))
                        .list(row -> new Open(
                                row.getInt("pid"),
                                row.getString("since"),
                                row.getString("application"),
                                row.getString("state"))));
        for (Open one : found) {
            if (told.stream().noneMatch(one::is)) {
                report.accept(one.toString());
            }
        }
        told = new HashSet<>(found);
        return BETWEEN_LOOKS;
    }
}
