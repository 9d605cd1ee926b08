package io.backgroundqueue.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What has become of our tables since our files made them, as far as anything here depends on it. */
final class Drift {
    private static final String TASK =
            "topic task_id priority version enqueued_at attempts dedup_id dedup_window ordering_key"
                    + " expires_after headers payload verdicts failures interruptions replayed last_error";

    /**
     * A table.
     *
     * @param columns that our SQL names
     * @param key without which the same would be stored twice
     * @param indexes without which every claim would read the whole table
     */
    private record Table(String name, String file, String columns, String key, Map<String, String> indexes) {
        List<String> words(String list) {
            return Arrays.asList(list.split(" "));
        }
    }

    private static final List<Table> TABLES = List.of(
            new Table(
                    "task",
                    Schema.TASKS,
                    TASK + " state place due owner lease starts",
                    "topic task_id",
                    Map.of("task_ready", "topic priority place", "task_held", "owner lease", "task_later", "due")),
            new Table(
                    "dead",
                    Schema.TASKS,
                    TASK + " id reason died_at",
                    "id",
                    Map.of("dead_order", "topic id", "dead_task", "topic task_id", "dead_age", "died_at")),
            new Table(
                    "dedup",
                    Schema.TASKS,
                    "topic dedup_id task_id expires_at",
                    "topic dedup_id",
                    Map.of("dedup_end", "expires_at")),
            new Table("worker", Schema.TASKS, "id name expires_at voided", "id", Map.of()),
            new Table("lock", Schema.TASKS, "name", "name", Map.of()),
            new Table("kv", Schema.KEY_VALUES, "name content expires_at", "name", Map.of("kv_end", "expires_at")));

    private static final String STATE = "state";

    private final Connection connection;
    private final Names names;
    private final Catalog catalog;

    Drift(Connection connection, Names names) throws SQLException {
        this.connection = connection;
        this.names = names;
        this.catalog = new Catalog(connection, names);
    }

    /** The first thing that is not as our files made it, and how to mend it. */
    Optional<String> first() throws SQLException {
        for (Table table : TABLES) {
            Optional<String> changed = changed(table);
            if (changed.isPresent()) {
                return changed.map(what -> what + ". Somebody has changed it: put it back as in " + table.file());
            }
        }
        if (!hasSequence()) {
            return Optional.of("The sequence " + names.prefix() + "place is missing. Create it again, as in "
                    + Schema.TASKS + ", with numbers above the largest place of " + names.prefix() + "task");
        }
        return missingLock();
    }

    private Optional<String> changed(Table table) throws SQLException {
        String name = names.prefix() + table.name();
        Set<String> columns = catalog.columns(table.name());
        if (columns.isEmpty()) {
            return Optional.of("There is no table " + name);
        }
        Set<String> missing = new TreeSet<>(table.words(table.columns()));
        missing.removeAll(columns);
        if (!missing.isEmpty()) {
            return Optional.of("The table " + name + " lacks the column " + String.join(", ", missing));
        }
        if (!catalog.primaryKey(table.name()).equals(new HashSet<>(table.words(table.key())))) {
            return Optional.of("The table " + name + " lacks the primary key ("
                    + String.join(", ", table.words(table.key())) + ")");
        }
        return missingIndex(table);
    }

    /** Where indexes are not partial, the state is their first column. */
    private Optional<String> missingIndex(Table table) throws SQLException {
        Map<String, List<String>> indexes = catalog.indexes(table.name());
        for (Map.Entry<String, String> index : table.indexes().entrySet()) {
            List<String> wanted = table.words(index.getValue());
            List<String> there = indexes.getOrDefault(index.getKey(), List.of());
            List<String> behindState =
                    !there.isEmpty() && there.get(0).equals(STATE) ? there.subList(1, there.size()) : there;
            if (!behindState.equals(wanted)) {
                return Optional.of("The table " + names.prefix() + table.name() + " lacks the index " + names.prefix()
                        + index.getKey() + " (" + String.join(", ", wanted) + ")");
            }
        }
        return Optional.empty();
    }

    private boolean hasSequence() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT 1 FROM information_schema.sequences WHERE sequence_schema = ? AND sequence_name = ?")) {
            statement.setString(1, names.schema());
            statement.setString(2, catalog.stored("place"));
            try (ResultSet found = statement.executeQuery()) {
                return found.next();
            }
        }
    }

    /** Without its row nobody can be elected, and nobody would notice. */
    private Optional<String> missingLock() throws SQLException {
        Set<String> missing = new TreeSet<>(Set.of("reaper", "schema"));
        try (PreparedStatement statement = connection.prepareStatement("SELECT name FROM " + names.table("lock"));
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                missing.remove(rows.getString(1));
            }
        }
        return missing.stream()
                .findFirst()
                .map(row -> "The table " + names.prefix() + "lock lacks the row '" + row
                        + "', and nobody would do its work." + " Run INSERT INTO " + names.table("lock")
                        + " (name) VALUES ('" + row + "')");
    }
}
