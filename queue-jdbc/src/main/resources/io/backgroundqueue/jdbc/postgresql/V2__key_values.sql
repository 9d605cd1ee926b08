-- The table of a key-value store. Placeholder: ${prefix}, such as bq_. May be run twice.

CREATE TABLE IF NOT EXISTS ${prefix}kv (
    name varchar(512) COLLATE "C" NOT NULL PRIMARY KEY,
    content text NOT NULL,
    expires_at timestamp(6) with time zone NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.01);

CREATE INDEX IF NOT EXISTS ${prefix}kv_end ON ${prefix}kv (expires_at);

INSERT INTO ${prefix}schema (version) VALUES (2) ON CONFLICT DO NOTHING;
