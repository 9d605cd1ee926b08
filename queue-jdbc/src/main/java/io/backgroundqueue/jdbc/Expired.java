package io.backgroundqueue.jdbc;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Deletes rows of a table whose time is over. It waits for nobody, so that nobody can wait for it in a circle. */
final class Expired {
    private final List<String> key;
    private final String choose;
    private final String delete;

    /** @param key the columns of the primary key, which are text */
    Expired(Names names, String table, String... key) {
        this.key = List.of(key);
        this.choose = "SELECT " + String.join(", ", key)
                + names.sql(" FROM {" + table + "} WHERE expires_at <= {now}" + " LIMIT ? FOR UPDATE SKIP LOCKED");
        this.delete = names.sql("DELETE FROM {" + table + "} WHERE ")
                + Arrays.stream(key).map(column -> column + " = ?").collect(Collectors.joining(" AND "));
    }

    /** Within a transaction; whether there may be more. */
    boolean delete(Session session, int most) throws SQLException {
        List<List<String>> rows = session.step(choose, most).list(row -> {
            List<String> values = new ArrayList<>();
            for (String column : key) {
                values.add(row.getString(column));
            }
            return values;
        });
        Step step = session.step(delete);
        for (List<String> values : rows) {
            for (String value : values) {
                step.add(value);
            }
            step.row();
        }
        step.updates();
        return rows.size() == most;
    }
}
