package io.backgroundqueue.jdbc;

import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Duty;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One look for all topics of this process, which tells at once what there is to do: tasks that somebody waits for, tasks that
 * are due, workers that are dead. It is taken soon where there was something, and twice a second where there was not; many
 * tasks that become due one after another share a look.
 */
final class LookDuty implements Duty {
    private static final Duration SLOWEST = Duration.ofMillis(500);
    private static final Duration BETWEEN_REAPS = Duration.ofSeconds(1);
    private static final Duration BETWEEN_CLEANINGS = Duration.ofSeconds(10);
    private static final Duration BETWEEN_ADOPTIONS = Duration.ofMinutes(1);
    private static final Duration CALL = Duration.ofSeconds(8);
    private static final int PROMOTED = 1_000;
    private static final int MOST_PROMOTIONS = 10;

    private final Database database;
    private final Dialect dialect;
    private final WakeUps wakeUps;
    private final Reaper reaper;
    private final Supplier<Collection<JdbcReceiver>> receivers;
    private final Time time;
    private final String look;
    private final Duration fastest;
    private List<String> readyBefore = List.of();
    private Duration pace;
    private long nextReap;
    private long nextCleaning;
    private long nextAdoption;

    LookDuty(JdbcParts parts, Reaper reaper, Supplier<Collection<JdbcReceiver>> receivers) {
        this.database = parts.database();
        this.dialect = parts.dialect();
        this.wakeUps = parts.wakeUps();
        this.reaper = reaper;
        this.receivers = receivers;
        this.time = database.time();
        this.fastest = dialect.fastestLook();
        this.pace = fastest;
        // No EXISTS and no join: those may be done by reading all that is ready.
        this.look = parts.names().sql("""
                SELECT 'ready' AS what, u.topic AS topic, {now} AS moment
                  FROM UNNEST(CAST(? AS varchar ARRAY)) AS u(topic)
                  WHERE (SELECT 1 FROM {task} t WHERE t.state = 0 AND t.topic = u.topic LIMIT 1) = 1
                UNION ALL SELECT 'now', NULL, {now}
                UNION ALL SELECT 'due', NULL, (SELECT due FROM {task} WHERE state = 2 ORDER BY state, due LIMIT 1)
                UNION ALL SELECT 'end', NULL, (SELECT min(expires_at) FROM {worker})""");
        this.nextReap = time.nanos();
        this.nextCleaning = time.deadline(BETWEEN_CLEANINGS);
        this.nextAdoption = time.deadline(BETWEEN_ADOPTIONS);
    }

    /** What one look saw; by the database's clock. */
    private static final class Sight {
        final List<String> ready = new ArrayList<>();
        Instant now = Instant.EPOCH;

        @Nullable
        Instant due;

        @Nullable
        Instant end;

        boolean add(ResultSet row) throws SQLException {
            Optional<Instant> moment = Moments.optional(row, "moment");
            switch (row.getString("what")) {
                case "ready" -> ready.add(row.getString("topic"));
                case "now" -> now = moment.orElse(now);
                case "due" -> due = moment.orElse(null);
                default -> end = moment.orElse(null);
            }
            return true;
        }

        boolean isOver(@Nullable Instant moment) {
            return moment != null && !moment.isAfter(now);
        }

        Duration until(@Nullable Instant moment) {
            return moment == null || isOver(moment) ? SLOWEST : Duration.between(now, moment);
        }
    }

    @Override
    public String name() {
        return "look";
    }

    @Override
    public Duration turn() throws SQLException, InterruptedException {
        long begun = time.nanos();
        Sight sight = look();
        // What was ready the last time too, somebody keeps locked: that is no reason to hurry.
        boolean found = !readyBefore.containsAll(sight.ready);
        readyBefore = sight.ready;
        wakeUps.tellHere(sight.ready);
        found |= sight.isOver(sight.due) && promote();
        found |= sight.isOver(sight.end) && reap();
        for (JdbcReceiver receiver : receivers.get()) {
            found |= receiver.giveBackEnded();
        }
        clean();
        pace = found ? fastest : shorter(pace.multipliedBy(2), SLOWEST);
        Duration pause = shorter(pace, shorter(sight.until(sight.due), sight.until(sight.end)));
        if (wakeUps.await(begun + fastest.toNanos(), begun + pause.toNanos())) {
            pace = fastest;
        }
        return Duration.ZERO;
    }

    @Override
    public void wake() {
        wakeUps.wake();
    }

    private Sight look() throws SQLException {
        List<String> topics = wakeUps.topics();
        Sight sight = new Sight();
        database.call(
                deadline(), session -> session.step(look, session.texts(topics)).list(sight::add));
        return sight;
    }

    /** Every process does so: they skip what another has locked. */
    private boolean promote() throws SQLException {
        boolean found = false;
        for (int i = 0; i < MOST_PROMOTIONS; i++) {
            List<String> topics =
                    database.step(dialect.oneStatement(), deadline(), session -> dialect.promote(session, PROMOTED));
            wakeUps.tell(topics, deadline());
            found |= !topics.isEmpty();
            if (topics.size() < PROMOTED) {
                break;
            }
        }
        return found;
    }

    private boolean reap() throws SQLException {
        if (time.nanos() - nextReap < 0) {
            return false;
        }
        nextReap = time.deadline(BETWEEN_REAPS.dividedBy(2));
        List<String> topics = reaper.reap(deadline());
        wakeUps.tell(topics, deadline());
        return !topics.isEmpty();
    }

    private void clean() throws SQLException {
        if (time.nanos() - nextCleaning >= 0) {
            nextCleaning = time.deadline(reaper.clean(deadline()) ? BETWEEN_REAPS : BETWEEN_CLEANINGS);
        }
        if (time.nanos() - nextAdoption >= 0) {
            nextAdoption = time.deadline(BETWEEN_ADOPTIONS);
            reaper.adopt(deadline());
        }
    }

    private long deadline() {
        return time.deadline(CALL);
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
