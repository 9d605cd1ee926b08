package io.backgroundqueue.jdbc;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What a database says about our tables; all names in lower case and without our prefix. */
final class Catalog {
    private final DatabaseMetaData data;
    private final String schema;
    private final String prefix;

    Catalog(Connection connection, Names names) throws SQLException {
        this.data = connection.getMetaData();
        this.schema = names.schema();
        this.prefix = names.prefix();
    }

    boolean hasSchema() throws SQLException {
        try (ResultSet found = data.getSchemas(null, pattern(schema))) {
            return found.next();
        }
    }

    /** Of a table; none if there is no such table. */
    Set<String> columns(String table) throws SQLException {
        Set<String> found = new HashSet<>();
        try (ResultSet columns = data.getColumns(null, pattern(schema), pattern(stored(table)), null)) {
            while (columns.next()) {
                found.add(lower(columns.getString("COLUMN_NAME")));
            }
        }
        return found;
    }

    /** The columns of each index of a table, in order. */
    Map<String, List<String>> indexes(String table) throws SQLException {
        Map<String, List<String>> found = new HashMap<>();
        try (ResultSet columns = data.getIndexInfo(null, schema, stored(table), false, true)) {
            while (columns.next()) {
                String index = columns.getString("INDEX_NAME");
                if (index != null) {
                    found.computeIfAbsent(withoutPrefix(index), any -> new ArrayList<>())
                            .add(lower(columns.getString("COLUMN_NAME")));
                }
            }
        }
        return found;
    }

    Set<String> primaryKey(String table) throws SQLException {
        Set<String> found = new HashSet<>();
        try (ResultSet columns = data.getPrimaryKeys(null, schema, stored(table))) {
            while (columns.next()) {
                found.add(lower(columns.getString("COLUMN_NAME")));
            }
        }
        return found;
    }

    /** Our names are not quoted: some databases keep them in upper case. */
    String stored(String table) throws SQLException {
        String name = prefix + table;
        return data.storesUpperCaseIdentifiers() ? name.toUpperCase(Locale.ROOT) : name;
    }

    /** A name as a pattern that means itself. */
    private String pattern(String name) throws SQLException {
        String escape = data.getSearchStringEscape();
        return name.replace(escape, escape + escape).replace("_", escape + "_").replace("%", escape + "%");
    }

    private String withoutPrefix(String index) {
        String name = lower(index);
        return name.startsWith(prefix) ? name.substring(prefix.length()) : name;
    }

    private static String lower(String name) {
        return name.toLowerCase(Locale.ROOT);
    }
}
