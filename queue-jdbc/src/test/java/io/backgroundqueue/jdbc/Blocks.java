package io.backgroundqueue.jdbc;

import java.util.HashMap;
import java.util.Map;

/** What statements cost a PostgreSQL that counts them with pg_stat_statements: pages, which no busy machine changes. */
record Blocks(long calls, long pages) {
    static final String COUNTING = "shared_preload_libraries=pg_stat_statements";

    private static final String COUNTED = " FROM public.pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%'";
    private static final Blocks NONE = new Blocks(0, 0);

    /** Begins to count. */
    static void install(Lab lab) throws Exception {
        Raw.run(lab.rawUrl(), "CREATE EXTENSION pg_stat_statements SCHEMA public");
    }

    /** What the claims have cost since the count began. */
    static Blocks ofClaims(Lab lab) throws Exception {
        return ofEach(lab).entrySet().stream()
                .filter(statement -> statement.getKey().contains("SKIP LOCKED")
                        && statement.getKey().contains("voided"))
                .map(Map.Entry::getValue)
                .reduce(NONE, Blocks::plus);
    }

    /** What each statement on our tables has cost since the count began, by its words. */
    static Map<String, Blocks> ofEach(Lab lab) throws Exception {
        Map<String, Blocks> all = new HashMap<>();
        for (String row : lab.column("SELECT calls || ' ' || shared_blks_hit + shared_blks_read || ' ' || query"
                + COUNTED + " AND query LIKE '%bq\\_%'")) {
            String[] parts = row.split(" ", 3);
            all.merge(
                    parts[2].strip().replaceAll("\\s+", " "),
                    new Blocks(Long.parseLong(parts[0]), Long.parseLong(parts[1])),
                    Blocks::plus);
        }
        return all;
    }

    /** How often such statements were called since the count began: a condition on their words, in SQL. */
    static long calls(Lab lab, String which) throws Exception {
        return lab.number("SELECT coalesce(sum(calls), 0)" + COUNTED + " AND " + which);
    }

    /** What each statement has cost between two looks, of those that were called. */
    static Map<String, Blocks> between(Map<String, Blocks> earlier, Map<String, Blocks> later) {
        Map<String, Blocks> between = new HashMap<>();
        later.forEach((query, all) -> between.put(query, all.since(earlier.getOrDefault(query, NONE))));
        between.values().removeIf(cost -> cost.calls == 0);
        return between;
    }

    Blocks since(Blocks earlier) {
        return new Blocks(calls - earlier.calls, pages - earlier.pages);
    }

    double perCall() {
        return (double) pages / calls;
    }

    private Blocks plus(Blocks other) {
        return new Blocks(calls + other.calls, pages + other.pages);
    }
}
