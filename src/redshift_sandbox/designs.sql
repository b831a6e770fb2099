-- How tables are distributed, sorted and encoded: PostgreSQL has nothing of it, the catalog shows it.

CREATE TABLE pg_txn_sandbox.designs (
    relation oid PRIMARY KEY, style text, distribution_key name, sort_key name[], encodings jsonb
);
GRANT ALL ON pg_txn_sandbox.designs TO PUBLIC;

-- A table that was there already (IF NOT EXISTS) keeps its design.
CREATE FUNCTION pg_txn_sandbox.note_design(
    qualified text, style text, distribution_key text, sort_key text[], encodings jsonb
) RETURNS void LANGUAGE sql AS $$
    INSERT INTO pg_txn_sandbox.designs
    VALUES (to_regclass(qualified), style, distribution_key, sort_key, encodings)
    ON CONFLICT DO NOTHING $$;

-- The numbers of encodings are positions in this list.
CREATE FUNCTION pg_txn_sandbox.encodings() RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY['bytedict', 'delta', 'lzo', 'runlength', 'mostly8', 'mostly16', 'mostly32',
        'delta32k', 'text255', 'text32k', 'zstd', 'az64'] $$;

CREATE FUNCTION pg_catalog.format_encoding(encoding integer) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT coalesce((pg_txn_sandbox.encodings())[encoding], 'none') $$;

CREATE VIEW pg_txn_sandbox.column_designs AS
    SELECT a.attrelid, a.attnum,
        coalesce(array_position(pg_txn_sandbox.encodings(), d.encodings ->> a.attname::text), 0)
            ::smallint AS attencodingtype,
        coalesce(a.attname = d.distribution_key, false) AS attisdistkey,
        coalesce(array_position(d.sort_key, a.attname), 0) AS attsortkeyord
    FROM pg_catalog.pg_attribute AS a
        LEFT JOIN pg_txn_sandbox.designs AS d ON d.relation = a.attrelid;
