package io.backgroundqueue.jdbc;

import io.backgroundqueue.QueueException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Our tables: created and upgraded on request, and looked over when a driver is opened. */
final class Schema {
    private static final Logger LOG = LoggerFactory.getLogger(Schema.class);

    /** The files in order; each brings the tables to the version of its number. */
    private static final List<String> FILES = List.of("V1__tasks.sql", "V2__key_values.sql");

    private static final int VERSION = FILES.size();

    private static final int INSTALLATION_MILLIS = 600_000;

    private static final String TASK =
            "topic task_id priority version enqueued_at attempts dedup_id dedup_window ordering_key"
                    + " expires_after headers payload verdicts failures interruptions replayed last_error";

    /** The columns that our SQL names, by table. */
    private static final Map<String, String> COLUMNS = new TreeMap<>(Map.of(
            "task", TASK + " state place due owner lease starts",
            "dead", TASK + " id reason died_at",
            "dedup", "topic dedup_id task_id expires_at",
            "worker", "id name expires_at voided",
            "lock", "name",
            "kv", "name content expires_at"));

    /** Without these every claim would read the whole table. */
    private static final Map<String, String> INDEXES = new TreeMap<>(Map.of(
            "task",
            "task_ready task_held task_later",
            "dead",
            "dead_order dead_task dead_age",
            "dedup",
            "dedup_end",
            "kv",
            "kv_end"));

    private final Connection connection;
    private final Database database;
    private final Dialect dialect;
    private final String schema;
    private final String shown;
    private final String prefix;

    /**
     * @param connection to the database, in autocommit mode
     * @param shown what the schema is called in messages
     */
    Schema(Connection connection, Database database, Dialect dialect, Names names, String shown) {
        this.shown = shown;
        this.database = database;
        this.connection = connection;
        this.dialect = dialect;
        this.schema = names.schema();
        this.prefix = names.prefix();
    }

    /** Creates what is missing, if that is wanted; then everything must be there. */
    void require(boolean create, long deadlineNanos) throws SQLException {
        if (create && version() < VERSION) {
            install(deadlineNanos);
        }
        int version = version();
        if (version == 0) {
            throw misconfigured("There is no table " + prefix + "schema in the schema '" + shown + "'. " + how());
        }
        if (version < VERSION) {
            throw misconfigured("The tables " + prefix + "* in the schema '" + shown + "' have version " + version
                    + ", and this library needs " + VERSION + ". " + how());
        }
        if (version > VERSION) {
            throw misconfigured("The tables " + prefix + "* in the schema '" + shown + "' have version " + version
                    + ", and this library knows only " + VERSION + ". Upgrade the library");
        }
        requireParts();
    }

    /** One process at a time: whoever comes second finds everything done. */
    private void install(long deadlineNanos) throws SQLException {
        createLock();
        String before = connection.getSchema();
        try {
            connection.setSchema(schema);
            if (dialect.createsInTransactions()) {
                connection.setAutoCommit(false);
                underLock(new Session(connection, database.time(), deadlineNanos));
                connection.commit();
            } else {
                // The lock is held on another connection: here every statement would end it.
                database.transaction(deadlineNanos, this::underLock);
            }
        } catch (SQLException | RuntimeException failed) {
            if (!connection.getAutoCommit()) {
                connection.rollback();
            }
            throw failed;
        } finally {
            connection.setAutoCommit(true);
            connection.setSchema(before);
        }
    }

    private boolean underLock(Session session) throws SQLException {
        return dialect.impatiently(session, INSTALLATION_MILLIS, patient -> {
            patient.step("SELECT name FROM " + table("lock") + " WHERE name = 'schema' FOR UPDATE")
                    .list(row -> row.getString(1));
            for (int version = version() + 1; version <= VERSION; version++) {
                run(FILES.get(version - 1));
            }
            return true;
        });
    }

    /** The row that is locked while tables are created; two processes may come to do this at the same time. */
    private void createLock() throws SQLException {
        if (!exists()) {
            unlessFaster("CREATE SCHEMA " + Names.quoted(schema), this::exists);
        }
        unlessFaster(
                "CREATE TABLE IF NOT EXISTS " + table("lock") + " (name varchar(40) PRIMARY KEY)",
                () -> !columns("lock").isEmpty());
        String row = "SELECT name FROM " + table("lock") + " WHERE name = 'schema'";
        unlessFaster(
                "INSERT INTO " + table("lock") + " SELECT 'schema' WHERE NOT EXISTS (" + row + ")", () -> hasRow(row));
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
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException failed) {
            if (!look.isThere() || JdbcErrors.state(failed).startsWith("42501")) {
                throw failed;
            }
        }
    }

    private boolean exists() throws SQLException {
        try (ResultSet found = connection.getMetaData().getSchemas(null, literal(schema))) {
            return found.next();
        }
    }

    private String table(String name) {
        return Names.quoted(schema) + "." + prefix + name;
    }

    private void run(String file) throws SQLException {
        LOG.info("Running {} in the schema '{}'", file, schema);
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements(text(file).replace("${prefix}", prefix))) {
                statement.execute(sql);
            }
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
        if (columns("schema").isEmpty()) {
            return 0;
        }
        try (Statement statement = connection.createStatement();
                ResultSet version = statement.executeQuery("SELECT max(version) FROM " + table("schema"))) {
            return version.next() ? version.getInt(1) : 0;
        }
    }

    private void requireParts() throws SQLException {
        for (Map.Entry<String, String> table : COLUMNS.entrySet()) {
            Set<String> missing = names(table.getValue());
            missing.removeAll(columns(table.getKey()));
            requireNone("column", table.getKey(), missing);
        }
        for (Map.Entry<String, String> table : INDEXES.entrySet()) {
            Set<String> missing = new TreeSet<>();
            names(table.getValue()).forEach(name -> missing.add(prefix + name));
            missing.removeAll(indexes(table.getKey()));
            requireNone("index", table.getKey(), missing);
        }
    }

    private void requireNone(String kind, String table, Set<String> missing) {
        if (!missing.isEmpty()) {
            throw misconfigured("The table " + prefix + table + " in the schema '" + shown + "' lacks the " + kind + " "
                    + String.join(", ", missing) + ". Somebody has changed it: put it back as in "
                    + FILES.get(0) + " of " + folder());
        }
    }

    private Set<String> columns(String table) throws SQLException {
        Set<String> found = new TreeSet<>();
        try (ResultSet columns =
                connection.getMetaData().getColumns(null, literal(schema), literal(stored(table)), null)) {
            while (columns.next()) {
                found.add(columns.getString("COLUMN_NAME").toLowerCase(Locale.ROOT));
            }
        }
        return found;
    }

    private Set<String> indexes(String table) throws SQLException {
        Set<String> found = new TreeSet<>();
        try (ResultSet indexes = connection.getMetaData().getIndexInfo(null, schema, stored(table), false, true)) {
            while (indexes.next()) {
                String name = indexes.getString("INDEX_NAME");
                if (name != null) {
                    found.add(name.toLowerCase(Locale.ROOT));
                }
            }
        }
        return found;
    }

    /** Our names are not quoted: some databases keep them in upper case. */
    private String stored(String table) throws SQLException {
        String name = prefix + table;
        return connection.getMetaData().storesUpperCaseIdentifiers() ? name.toUpperCase(Locale.ROOT) : name;
    }

    /** A name as a pattern that means itself. */
    private String literal(String name) throws SQLException {
        DatabaseMetaData data = connection.getMetaData();
        return name.replace("_", data.getSearchStringEscape() + "_");
    }

    private static Set<String> names(String list) {
        return new TreeSet<>(List.of(list.split(" ")));
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
