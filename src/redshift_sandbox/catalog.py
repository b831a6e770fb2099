"""What Redshift has and PostgreSQL lacks, as SQL for the template of all databases."""

from importlib.resources import files

from redshift_sandbox.identities import USER

VERSION = (
    "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 "
    "(Red Hat 3.4.2-6.fc3), Redshift 1.0.117891"
)

ROLE = f"CREATE ROLE {USER} LOGIN CREATEDB"

# pg_catalog is on every search path. The sequence of a session is not transactional, so what it
# holds outlives a rollback; it is made by SESSION.
_RULES = f"""
SET allow_system_table_mods = on;

CREATE OR REPLACE FUNCTION pg_catalog.version() RETURNS text LANGUAGE sql STABLE
    AS $$ SELECT '{VERSION}'::text $$;

CREATE FUNCTION pg_catalog.pg_last_copy_count() RETURNS bigint LANGUAGE plpgsql VOLATILE
    AS $$ BEGIN RETURN (SELECT last_value FROM pg_temp.txn_sandbox_last_copy_count); END $$;

CREATE TABLE pg_catalog.sys_load_history (
    user_id integer DEFAULT 100,
    query_id bigint,
    transaction_id bigint,
    session_id integer,
    database_name text DEFAULT current_database(),
    status text,
    table_name text,
    start_time timestamp,
    end_time timestamp,
    duration bigint,
    data_source text,
    file_format text DEFAULT 'parquet',
    loaded_rows bigint,
    loaded_bytes bigint,
    source_file_count integer,
    source_file_bytes bigint,
    file_count_scanned integer,
    file_bytes_scanned bigint,
    error_count bigint,
    copy_job_id bigint DEFAULT -1
);

CREATE TABLE pg_catalog.sys_load_error_detail (
    user_id integer DEFAULT 100,
    query_id bigint,
    transaction_id bigint,
    session_id integer,
    database_name text DEFAULT current_database(),
    table_id integer,
    start_time timestamp,
    file_name text,
    line_number bigint DEFAULT 0,
    column_name text,
    column_type text,
    column_length text,
    position integer DEFAULT 0,
    error_code integer,
    error_message text
);

CREATE VIEW pg_catalog.svv_transactions AS
    SELECT
        a.usename::text AS txn_owner,
        a.datname::text AS txn_db,
        a.backend_xid::text::bigint AS xid,
        a.pid,
        a.xact_start AT TIME ZONE 'UTC' AS txn_start,
        l.mode AS lock_mode,
        CASE l.locktype WHEN 'advisory' THEN 'relation' ELSE l.locktype END
            AS lockable_object_type,
        CASE l.locktype WHEN 'advisory' THEN l.objid ELSE l.relation END::bigint AS relation,
        l.granted
    FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
    WHERE a.datname = current_database();

GRANT SELECT
    ON pg_catalog.sys_load_history, pg_catalog.sys_load_error_detail, pg_catalog.svv_transactions
    TO PUBLIC;

CREATE SCHEMA pg_txn_sandbox;
GRANT USAGE ON SCHEMA pg_txn_sandbox TO PUBLIC;

-- One transaction at a time writes to a table. LOCK TABLE would not do: the writer has a weaker
-- lock already, and two that want a stronger one wait for each other.
CREATE FUNCTION pg_txn_sandbox.lock_for_write() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN PERFORM pg_advisory_xact_lock(TG_RELID::bigint); RETURN NULL; END $$;

-- VARCHAR and CHAR count bytes. The name of a check identifies the error to report.
CREATE FUNCTION pg_txn_sandbox.keep_rules() RETURNS event_trigger LANGUAGE plpgsql AS $body$
DECLARE
    relation oid;
    changes text;
BEGIN
    FOR relation IN
        SELECT DISTINCT objid FROM pg_event_trigger_ddl_commands()
        WHERE classid = 'pg_class'::regclass AND object_type = 'table'
            AND schema_name IS DISTINCT FROM 'pg_txn_sandbox'
    LOOP
        IF NOT EXISTS (SELECT FROM pg_trigger
                       WHERE tgrelid = relation AND tgname = 'txn_sandbox_write_lock') THEN
            EXECUTE format('CREATE TRIGGER txn_sandbox_write_lock
                BEFORE INSERT OR UPDATE OR DELETE ON %s FOR EACH STATEMENT
                EXECUTE FUNCTION pg_txn_sandbox.lock_for_write()', relation::regclass);
        END IF;
        WITH has AS (
            SELECT conname::text AS name FROM pg_constraint
            WHERE conrelid = relation AND conname ~ '^(varchar|char)_bytes_'
        ), wants AS (
            SELECT attname, atttypmod - 4 AS size,
                   format('%s_bytes_%s_%s',
                          CASE atttypid WHEN 'varchar'::regtype THEN 'varchar' ELSE 'char' END,
                          attnum, atttypmod - 4) AS name
            FROM pg_attribute
            WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped AND atttypmod > 4
              AND atttypid IN ('varchar'::regtype, 'bpchar'::regtype)
        )
        SELECT string_agg(change, ', ') INTO changes FROM (
            SELECT format('DROP CONSTRAINT %I', name) AS change
            FROM has WHERE name NOT IN (SELECT name FROM wants)
            UNION ALL
            SELECT format('ADD CONSTRAINT %I CHECK (octet_length(%I) <= %s)', name, attname, size)
            FROM wants WHERE name NOT IN (SELECT name FROM has)
        ) AS differences;
        -- The change fires this function again, which then finds nothing to do.
        IF changes IS NOT NULL THEN
            EXECUTE format('ALTER TABLE %s %s', relation::regclass, changes);
        END IF;
    END LOOP;
END $body$;

CREATE EVENT TRIGGER txn_sandbox_rules ON ddl_command_end
    WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'ALTER TABLE')
    EXECUTE FUNCTION pg_txn_sandbox.keep_rules();
"""  # noqa: S608

TEMPLATE = "\n".join(
    [
        _RULES,
        *(
            (files("redshift_sandbox") / name).read_text()
            for name in ("functions.sql", "designs.sql", "late_binding.sql", "system_views.sql")
        ),
    ]
)

SESSION = "CREATE TEMPORARY SEQUENCE txn_sandbox_last_copy_count MINVALUE 0 START 0"


def set_last_copy_count(rows: int) -> str:
    """SQL by which a session notes how many rows it has loaded."""
    return f"SELECT setval('pg_temp.txn_sandbox_last_copy_count', {rows})"


def set_isolation(database: str, level: str) -> str:
    """SQL that gives a database its isolation level.

    Args:
        database: Its name as SQL writes it.
        level: SNAPSHOT or SERIALIZABLE.
    """
    postgres = {"SNAPSHOT": "repeatable read", "SERIALIZABLE": "serializable"}[level]
    return f"ALTER DATABASE {database} SET default_transaction_isolation = '{postgres}'"
