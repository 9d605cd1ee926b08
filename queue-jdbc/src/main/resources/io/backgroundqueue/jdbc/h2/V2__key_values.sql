-- The table of a key-value store. Placeholder: ${prefix}, such as bq_. May be run twice.

CREATE TABLE IF NOT EXISTS ${prefix}kv (
    name varchar(512) NOT NULL PRIMARY KEY,
    content varchar NOT NULL,
    expires_at timestamp(6) with time zone NOT NULL
);

CREATE INDEX IF NOT EXISTS ${prefix}kv_end ON ${prefix}kv (expires_at);

MERGE INTO ${prefix}schema (version) VALUES (2);
