package io.backgroundqueue.jdbc;

/** What statements cost a PostgreSQL that counts them with pg_stat_statements: pages, which no busy machine changes. */
record Blocks(long calls, long pages) {
    static final String COUNTING = "shared_preload_libraries=pg_stat_statements";

    /** Begins to count. */
    static void install(Lab lab) throws Exception {
        Raw.run(lab.rawUrl(), "CREATE EXTENSION pg_stat_statements SCHEMA public");
    }

    /** What the claims have cost since the count began. */
    static Blocks ofClaims(Lab lab) throws Exception {
        String from = " FROM public.pg_stat_statements WHERE query LIKE '%SKIP LOCKED%'"
                + " AND query LIKE '%voided%' AND query NOT LIKE '%pg_stat_statements%'";
        return new Blocks(
                lab.number("SELECT coalesce(sum(calls), 0)" + from),
                lab.number("SELECT coalesce(sum(shared_blks_hit + shared_blks_read), 0)" + from));
    }

    Blocks since(Blocks earlier) {
        return new Blocks(calls - earlier.calls, pages - earlier.pages);
    }

    double perCall() {
        return (double) pages / calls;
    }
}
