package io.backgroundqueue.jdbc;

import io.backgroundqueue.QueueException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Our tables: created and upgraded on request, and looked over when a driver is opened. */
final class Schema {
    private static final Logger LOG = LoggerFactory.getLogger(Schema.class);

    static final String TASKS = "V1__tasks.sql";
    static final String KEY_VALUES = "V2__key_values.sql";

    /** The files in order; each brings the tables to the version of its number. */
    private static final List<String> FILES = List.of(TASKS, KEY_VALUES);

    private static final int VERSION = FILES.size();

    /** By this the tables of two databases are told apart. */
    static final String INSTALLED = "SELECT min(installed_at) AS moment FROM {schema}";

    private static final int INSTALLATION_MILLIS = 600_000;

    private final Connection connection;
    private final Database database;
    private final Dialect dialect;
    private final Names names;
    private final Catalog catalog;
    private final String shown;
    private final String prefix;

    /**
     * @param connection to the database, in autocommit mode
     * @param shown what the schema is called in messages
     */
    Schema(Connection connection, Database database, Dialect dialect, Names names, String shown) throws SQLException {
        this.connection = connection;
        this.database = database;
        this.dialect = dialect;
        this.names = names;
        this.catalog = new Catalog(connection, names);
        this.shown = shown;
        this.prefix = names.prefix();
    }

    /** Whether something is to be created. */
    boolean isOld() throws SQLException {
        return version() < VERSION;
    }

    /** Everything must be there; answers when it was made. */
    Instant require() throws SQLException {
        int version = version();
        if (version == 0) {
            throw misconfigured(
                    catalog.columns("schema").isEmpty()
                            ? "There is no table " + prefix + "schema in the schema '" + shown + "'. " + how()
                            : "The table " + prefix + "schema in the schema '" + shown + "' has no row. " + how());
        }
        if (version < VERSION) {
            throw misconfigured("The tables " + prefix + "* in the schema '" + shown + "' have version " + version
                    + ", and this library needs " + VERSION + ". " + how());
        }
        if (version > VERSION) {
            throw misconfigured("The tables " + prefix + "* in the schema '" + shown + "' have version " + version
                    + ", and this library knows only " + VERSION + ". Upgrade the library");
        }
        Optional<String> drift = new Drift(connection, names).first();
        if (drift.isPresent()) {
            throw misconfigured("In the schema '" + shown + "': " + drift.get() + ". Our files are in " + folder());
        }
        return installed();
    }

    /** One process at a time: whoever comes second finds everything done. */
    void install(long deadlineNanos) throws SQLException {
        createLock();
        if (dialect.createsInTransactions()) {
            connection.setAutoCommit(false);
            // Only for this transaction: the connection is the application's, and so is its search path.
            database.whole(connection, deadlineNanos, session -> {
                execute("SET LOCAL search_path TO " + Names.quoted(names.schema()));
                return underLock(session);
            });
            return;
        }
        String before = connection.getSchema();
        connection.setSchema(names.schema());
        try {
            // The lock is held on another connection: here every statement would end it.
            database.transaction(deadlineNanos, this::underLock);
        } finally {
            connection.setSchema(before);
        }
    }

    private boolean underLock(Session session) throws SQLException {
        return dialect.impatiently(session, INSTALLATION_MILLIS, patient -> {
            patient.step("SELECT name FROM " + names.table("lock") + " WHERE name = 'schema' FOR UPDATE")
                    .list(row -> row.getString(1));
            for (int version = version() + 1; version <= VERSION; version++) {
                run(FILES.get(version - 1));
            }
            return true;
        });
    }

    /** The row that is locked while tables are created; two processes may come to do this at the same time. */
    private void createLock() throws SQLException {
        if (!catalog.hasSchema()) {
            unlessFaster("CREATE SCHEMA " + Names.quoted(names.schema()), catalog::hasSchema);
        }
        unlessFaster(
                "CREATE TABLE IF NOT EXISTS " + names.table("lock") + " (name varchar(40) PRIMARY KEY)",
                () -> !catalog.columns("lock").isEmpty());
        String row = "SELECT name FROM " + names.table("lock") + " WHERE name = 'schema'";
        unlessFaster(
                "INSERT INTO " + names.table("lock") + " SELECT 'schema' WHERE NOT EXISTS (" + row + ")",
                () -> hasRow(row));
    }

    private boolean hasRow(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(sql)) {
            return found.next();
        }
    }

    private interface Look {
        boolean isThere() throws SQLException;
    }

    private void unlessFaster(String sql, Look look) throws SQLException {
        try {
            execute(sql);
        } catch (SQLException failed) {
            if (!look.isThere() || JdbcErrors.state(failed).startsWith("42501")) {
                throw failed;
            }
        }
    }

    private void run(String file) throws SQLException {
        LOG.info("Running {} in the schema '{}'", file, names.schema());
        for (String sql : statements(text(file).replace("${prefix}", prefix))) {
            execute(sql);
        }
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** No text in our files has a semicolon. */
    private static List<String> statements(String file) {
        List<String> statements = new ArrayList<>();
        for (String sql : file.replaceAll("(?m)^--.*$", "").split(";", -1)) {
            if (!sql.isBlank()) {
                statements.add(sql.strip());
            }
        }
        return statements;
    }

    private String text(String file) {
        String path = dialect.name() + "/" + file;
        try (InputStream stream = Schema.class.getResourceAsStream(path)) {
            if (stream == null) {
                throw new IllegalStateException("The jar of queue-jdbc has no " + path);
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /** 0 if there are no tables. */
    private int version() throws SQLException {
        if (catalog.columns("schema").isEmpty()) {
            return 0;
        }
        try (Statement statement = connection.createStatement();
                ResultSet version = statement.executeQuery("SELECT max(version) FROM " + names.table("schema"))) {
            return version.next() ? version.getInt(1) : 0;
        }
    }

    private Instant installed() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(names.sql(INSTALLED))) {
            row.next();
            return Moments.read(row, "moment");
        }
    }

    private String how() {
        return "Set createTables to true, or run the files of " + folder() + " in order, with " + prefix
                + " in place of ${prefix}";
    }

    private String folder() {
        return "io/backgroundqueue/jdbc/" + dialect.name() + " in the jar of queue-jdbc";
    }

    private static QueueException misconfigured(String message) {
        return new QueueException(QueueException.Kind.MISCONFIGURED, message);
    }
}
