package io.backgroundqueue.jdbc;

import io.backgroundqueue.spi.Duty;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Settlement;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * What differs between databases: the steps that every task takes, each in as few statements as the database allows. All
 * other SQL of this module runs on every database. Thread-safe.
 */
interface Dialect {
    /** As its JDBC driver calls it. */
    String POSTGRESQL = "PostgreSQL";

    /** As its JDBC driver calls it. */
    String H2 = "H2";

    /** Where our SQL files for it are, and how it is called in names and messages. */
    String name();

    /** Whether each step below is one statement; else it needs a transaction. */
    boolean oneStatement();

    /** Whether this version of it has what our SQL needs. */
    boolean knows(int major, int minor);

    /** What time it is within a transaction; empty where the clock of {@link Names#now} goes on there anyway. */
    default Optional<Instant> clock(Session session) throws SQLException {
        return Optional.empty();
    }

    /** The largest payload, in bytes. */
    int mostBytes();

    /** The names of our tables, and the words of this database's own in our SQL. */
    static Names names(String product, String schema, String prefix) {
        return product.equals(POSTGRESQL)
                ? new Names(
                        schema,
                        prefix,
                        "statement_timestamp()",
                        "nextval('" + Names.quoted(schema).replace("'", "''") + "." + prefix + "place')",
                        "(statement_timestamp() + ? * interval '1 microsecond')",
                        ", set_config('idle_in_transaction_session_timeout', '10000', true)")
                : new Names(
                        schema,
                        prefix,
                        "CURRENT_TIMESTAMP",
                        "NEXT VALUE FOR " + Names.quoted(schema) + "." + prefix + "place",
                        "DATEADD(MICROSECOND, ?, CURRENT_TIMESTAMP)",
                        "");
    }

    /** The dialect of a database, by the name that its JDBC driver says. */
    static Optional<Dialect> of(String product, Names names) {
        return switch (product) {
            case POSTGRESQL -> Optional.of(new PostgresDialect(names, names.prefix() + "wake"));
            case H2 -> Optional.of(new H2Dialect(names));
            default -> Optional.empty();
        };
    }

    /** How soon to look again where there was something. */
    Duration fastestLook();

    /** Stores tasks, in order; leaves alone what is stored already. */
    void insert(Session session, List<Envelope> tasks) throws SQLException;

    /**
     * Takes the deduplication ids of tasks that are free. Waits for other transactions.
     *
     * @param tasks each with an id of its own, in order of topic and id
     * @return for each whether it has it from now on
     */
    List<Boolean> takeIds(Session session, List<Envelope> tasks) throws SQLException;

    /**
     * Hands out tasks, if the worker row allows it, which is locked first.
     *
     * @param now no task is shown as due later than this
     */
    Claim.Answer claim(Session session, Claim claim, Instant now) throws SQLException;

    /** Deletes what is held under these leases; answers which. */
    Set<Long> acknowledge(Session session, long owner, List<Long> leases) throws SQLException;

    /** Stores tasks for later; answers the leases. */
    Set<Long> postpone(Session session, long owner, List<Settlement.Later> tasks) throws SQLException;

    /** Moves tasks to the dead letters; answers the leases. */
    Set<Long> bury(Session session, long owner, List<Settlement.Dead> tasks) throws SQLException;

    /**
     * Makes tasks ready again, at their old places.
     *
     * @param charged whether the start counts
     * @return the leases
     */
    Set<Long> release(Session session, long owner, List<Long> leases, boolean charged) throws SQLException;

    /** Makes tasks ready that have become due, behind those that are; answers their topics, one for each task. */
    List<String> promote(Session session, int most) throws SQLException;

    /** Makes statements of this transaction wait for locks no longer than so many milliseconds. */
    <T> T impatiently(Session session, int millis, Database.Work<T> work) throws SQLException;

    /** Whether tables are created in transactions; else each such statement ends the one that is under way. */
    boolean createsInTransactions();

    /** Tells other processes that topics have ready tasks, where that is possible. */
    default void tell(Session session, Collection<String> topics) throws SQLException {}

    /** Hears what other processes tell. */
    interface Listener extends Duty {
        /** Any thread. Gives its connection back if nobody waits any more, now or at the end of the turn that is under way. */
        void rest();
    }

    /**
     * Hears what other processes tell, where that is possible.
     *
     * @param wanted whether anybody waits for tasks
     */
    default Optional<Listener> listener(Database database, WakeUps wakeUps, BooleanSupplier wanted) {
        return Optional.empty();
    }

    /** Looks for what other clients of the database do to us, where that is possible. */
    default Optional<Duty> watch(Database database) {
        return Optional.empty();
    }

    /** Refuses a database that is not set up as needed; answers whether tasks outlive it. */
    boolean requireDurable(Connection connection) throws SQLException;
}
