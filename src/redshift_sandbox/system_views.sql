-- Redshift's system catalog over PostgreSQL's. Views that replace a relation of pg_catalog or
-- information_schema are in pg_txn_sandbox, and `queries.py` makes queries use them; psql hides a
-- schema whose name begins with pg_.

-- What the stand-in itself adds to a database.
CREATE VIEW pg_txn_sandbox.internals AS
    SELECT oid FROM pg_catalog.pg_class
    WHERE relnamespace = 'pg_txn_sandbox'::regnamespace
        OR relname = 'txn_sandbox_last_copy_count';

-- reldiststyle 9 is AUTO with EVEN. Redshift has no sequences; PostgreSQL makes one for an identity.
CREATE VIEW pg_txn_sandbox.pg_class AS
    SELECT c.*,
        (CASE d.style WHEN 'EVEN' THEN 0 WHEN 'KEY' THEN 1 WHEN 'ALL' THEN 8 ELSE 9 END)::smallint
            AS reldiststyle,
        (CASE d.style WHEN 'EVEN' THEN 0 WHEN 'KEY' THEN 1 WHEN 'ALL' THEN 8 ELSE 11 END)::smallint
            AS releffectivediststyle,
        false AS relhasoids
    FROM pg_catalog.pg_class AS c LEFT JOIN pg_txn_sandbox.designs AS d ON d.relation = c.oid
    WHERE oid NOT IN (SELECT oid FROM pg_txn_sandbox.internals) AND relkind <> 'S';

CREATE VIEW pg_txn_sandbox.pg_proc AS
    SELECT *, prokind = 'a' AS proisagg, prokind = 'w' AS proiswindow FROM pg_catalog.pg_proc;

-- Columns of late-binding views are listed by pg_get_late_binding_view_cols() only.
CREATE VIEW pg_txn_sandbox.pg_attribute AS
    SELECT a.*, attencodingtype, attisdistkey, attsortkeyord
    FROM pg_catalog.pg_attribute AS a JOIN pg_txn_sandbox.column_designs USING (attrelid, attnum)
    WHERE attrelid NOT IN (SELECT oid FROM pg_txn_sandbox.late_bound_oids);

CREATE VIEW pg_txn_sandbox.pg_attrdef AS
    SELECT *, pg_get_expr(adbin, adrelid) AS adsrc FROM pg_catalog.pg_attrdef;

CREATE VIEW pg_txn_sandbox.pg_namespace AS
    SELECT * FROM pg_catalog.pg_namespace WHERE nspname <> 'pg_txn_sandbox';

-- The checks keep the byte lengths of texts; PostgreSQL 18 lists NOT NULL here, Redshift does not.
CREATE VIEW pg_txn_sandbox.pg_constraint AS
    SELECT * FROM pg_catalog.pg_constraint
    WHERE conname !~ '^(varchar|char)_bytes_[0-9]+_[0-9]+$' AND contype <> 'n';

CREATE VIEW pg_txn_sandbox.pg_trigger AS
    SELECT * FROM pg_catalog.pg_trigger WHERE tgname <> 'txn_sandbox_write_lock';

CREATE VIEW pg_txn_sandbox.pg_event_trigger AS
    SELECT * FROM pg_catalog.pg_event_trigger WHERE evtname !~ '^txn_sandbox_';

CREATE VIEW pg_txn_sandbox.tables AS
    SELECT * FROM information_schema.tables WHERE table_schema <> 'pg_txn_sandbox';

CREATE VIEW pg_txn_sandbox.views AS
    SELECT * FROM information_schema.views WHERE table_schema <> 'pg_txn_sandbox';

CREATE VIEW pg_txn_sandbox.schemata AS
    SELECT * FROM information_schema.schemata WHERE schema_name <> 'pg_txn_sandbox';

CREATE VIEW pg_txn_sandbox.columns AS
    SELECT * FROM information_schema.columns
    WHERE table_schema <> 'pg_txn_sandbox'
        AND (table_schema, table_name)
            NOT IN (SELECT schema_name, view_name FROM pg_txn_sandbox.late_bound);

CREATE VIEW pg_txn_sandbox.late_binding_columns AS
    SELECT n.nspname AS schema_name, c.relname AS view_name, a.attname AS column_name,
        format_type(a.atttypid, a.atttypmod) AS column_type, a.attnum::int AS position
    FROM pg_catalog.pg_attribute AS a
        JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE a.attrelid IN (SELECT oid FROM pg_txn_sandbox.late_bound_oids)
        AND a.attnum > 0 AND NOT a.attisdropped;

CREATE VIEW pg_catalog.svv_redshift_databases AS
    SELECT datname::varchar(128) AS database_name, datdba::int AS database_owner,
        'local'::varchar(32) AS database_type, ''::varchar(128) AS database_acl,
        ''::varchar(128) AS database_options,
        (SELECT CASE WHEN setconfig::text LIKE '%serializable%' THEN 'Serializable'
            ELSE 'Snapshot Isolation' END
            FROM pg_db_role_setting WHERE setdatabase = d.oid AND setrole = 0)::varchar(128)
            AS database_isolation_level
    FROM pg_catalog.pg_database AS d
    WHERE NOT datistemplate AND datname <> 'postgres';

CREATE VIEW pg_catalog.svv_redshift_schemas AS
    SELECT current_database()::varchar(128) AS database_name, nspname::varchar(128) AS schema_name,
        nspowner::int AS schema_owner, 'local'::varchar(32) AS schema_type,
        ''::varchar(128) AS schema_acl, ''::varchar(128) AS schema_option
    FROM pg_catalog.pg_namespace
    WHERE nspname !~ '^pg_(toast|temp_|txn_sandbox)';

CREATE VIEW pg_catalog.svv_all_schemas AS
    SELECT database_name, schema_name, schema_owner, schema_type, schema_acl,
        ''::varchar(128) AS source_database, schema_option
    FROM pg_catalog.svv_redshift_schemas;

CREATE VIEW pg_catalog.svv_all_tables AS
    SELECT current_database()::varchar(128) AS database_name, n.nspname::varchar(128) AS schema_name,
        c.relname::varchar(128) AS table_name,
        (CASE WHEN c.relkind = 'v' THEN 'VIEW' ELSE 'TABLE' END)::varchar(128) AS table_type,
        ''::varchar(128) AS table_acl, obj_description(c.oid, 'pg_class')::varchar(256) AS remarks,
        pg_get_userbyid(c.relowner)::varchar(128) AS table_owner
    FROM pg_txn_sandbox.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'v') AND n.nspname <> 'pg_toast'
        AND has_table_privilege(c.oid, 'SELECT');

CREATE VIEW pg_catalog.svv_redshift_tables AS
    SELECT database_name, schema_name, table_name, table_type, table_acl, remarks, table_owner
    FROM pg_catalog.svv_all_tables;

CREATE VIEW pg_catalog.svv_tables AS
    SELECT database_name AS table_catalog, schema_name AS table_schema, table_name,
        (CASE table_type WHEN 'TABLE' THEN 'BASE TABLE' ELSE table_type END)::varchar(128)
            AS table_type, remarks
    FROM pg_catalog.svv_all_tables;

-- Unlike information_schema.columns, it has the columns of late-binding views.
CREATE VIEW pg_catalog.svv_columns AS
    SELECT table_catalog::varchar(128), table_schema::varchar(128), table_name::varchar(128),
        column_name::varchar(128), ordinal_position::int,
        (CASE WHEN is_identity = 'YES' THEN '"identity"' ELSE column_default END)::varchar(4000)
            AS column_default,
        is_nullable::varchar(3),
        (CASE data_type WHEN 'jsonb' THEN 'super' ELSE data_type END)::varchar(128) AS data_type,
        character_maximum_length::int, numeric_precision::int, numeric_precision_radix::int,
        numeric_scale::int, datetime_precision::int, interval_type::varchar(128),
        interval_precision::varchar(128), NULL::varchar(128) AS character_set_catalog,
        NULL::varchar(128) AS character_set_schema, NULL::varchar(128) AS character_set_name,
        NULL::varchar(128) AS collation_catalog, NULL::varchar(128) AS collation_schema,
        NULL::varchar(128) AS collation_name, NULL::varchar(128) AS domain_name,
        col_description(format('%I.%I', table_schema, table_name)::regclass,
            ordinal_position)::varchar(256) AS remarks
    FROM information_schema.columns
    WHERE table_schema <> 'pg_txn_sandbox';

CREATE VIEW pg_catalog.svv_all_columns AS
    SELECT table_catalog AS database_name, table_schema AS schema_name, table_name, column_name,
        ordinal_position, column_default, is_nullable, data_type, character_maximum_length,
        numeric_precision, numeric_scale, remarks, datetime_precision
    FROM pg_catalog.svv_columns;

CREATE VIEW pg_catalog.svv_redshift_columns AS
    SELECT database_name, schema_name, table_name, column_name, ordinal_position, data_type,
        column_default, is_nullable, format_encoding(attencodingtype)::varchar(128) AS encoding,
        attisdistkey AS distkey, attsortkeyord AS sortkey, ''::varchar(128) AS column_acl, remarks
    FROM pg_catalog.svv_all_columns
        JOIN pg_txn_sandbox.column_designs ON attnum = ordinal_position
            AND attrelid = format('%I.%I', schema_name, table_name)::regclass;

CREATE VIEW pg_catalog.pg_table_def AS
    SELECT n.nspname AS schemaname, c.relname AS tablename, a.attname AS "column",
        (CASE a.atttypid WHEN 'jsonb'::regtype THEN 'super'
            ELSE format_type(a.atttypid, a.atttypmod) END)::varchar AS type,
        format_encoding(attencodingtype)::varchar AS encoding, attisdistkey AS distkey,
        attsortkeyord AS sortkey, a.attnotnull AS "notnull"
    FROM pg_txn_sandbox.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        JOIN pg_txn_sandbox.pg_attribute AS a ON a.attrelid = c.oid
    WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND pg_table_is_visible(c.oid);

-- As in Redshift, it has no empty tables. The counts need VACUUM or ANALYZE to be current.
CREATE VIEW pg_catalog.svv_table_info AS
    SELECT current_database()::text AS database, n.nspname::text AS schema,
        c.oid::bigint AS table_id, c.relname::text AS "table",
        CASE WHEN d.encodings <> '{}' THEN 'Y' ELSE 'N' END::text AS encoded,
        (CASE d.style WHEN 'KEY' THEN format('KEY(%s)', d.distribution_key) WHEN 'EVEN' THEN 'EVEN'
            WHEN 'ALL' THEN 'ALL' ELSE 'AUTO(EVEN)' END)::text AS diststyle,
        d.sort_key[1]::text AS sortkey1,
        (SELECT max(atttypmod - 4) FROM pg_catalog.pg_attribute
            WHERE attrelid = c.oid AND atttypid = 'varchar'::regtype) AS max_varchar,
        (d.encodings ->> d.sort_key[1]::text)::character(32) AS sortkey1_enc,
        coalesce(cardinality(d.sort_key), 0) AS sortkey_num,
        ceil(pg_relation_size(c.oid) / 1048576.0)::bigint AS size, 0::numeric(10, 4) AS pct_used,
        NULL::bigint AS empty, NULL::numeric(5, 2) AS unsorted, 0::numeric(5, 2) AS stats_off,
        greatest(c.reltuples, 0)::numeric(38, 0) AS tbl_rows,
        NULL::numeric(19, 2) AS skew_sortkey1, NULL::numeric(19, 2) AS skew_rows,
        greatest(c.reltuples, 0)::numeric(38, 0) AS estimated_visible_rows,
        NULL::text AS risk_event, NULL::numeric(5, 2) AS vacuum_sort_benefit,
        NULL::timestamp AS create_time
    FROM pg_txn_sandbox.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        LEFT JOIN pg_txn_sandbox.designs AS d ON d.relation = c.oid
    WHERE c.relkind = 'r' AND n.nspname !~ '^(pg_|information_schema$)'
        AND pg_relation_size(c.oid) > 0;

-- There are no external schemas and no materialized views.
CREATE VIEW pg_catalog.svv_external_schemas AS
    SELECT NULL::oid AS esoid, NULL::smallint AS eskind, NULL::name AS schemaname,
        NULL::integer AS esowner, NULL::text AS databasename, NULL::text AS esoptions
    WHERE false;

CREATE VIEW pg_catalog.svv_external_tables AS
    SELECT NULL::text AS redshift_database_name, NULL::text AS schemaname, NULL::text AS tablename,
        NULL::text AS tabletype, NULL::text AS location, NULL::text AS input_format,
        NULL::text AS output_format, NULL::text AS serialization_lib, NULL::text AS serde_parameters,
        NULL::integer AS compressed, NULL::text AS parameters
    WHERE false;

CREATE VIEW pg_catalog.svv_external_columns AS
    SELECT NULL::text AS redshift_database_name, NULL::text AS schemaname, NULL::text AS tablename,
        NULL::text AS columnname, NULL::text AS external_type, NULL::integer AS columnnum,
        NULL::integer AS part_key, NULL::text AS is_nullable
    WHERE false;

CREATE VIEW pg_catalog.svv_mv_info AS
    SELECT NULL::character(128) AS database_name, NULL::character(128) AS schema_name,
        NULL::character(128) AS user_name, NULL::character(128) AS name,
        NULL::character(1) AS is_stale, NULL::character(1) AS autorefresh,
        NULL::character(1) AS autorewrite, NULL::integer AS state
    WHERE false;

CREATE VIEW pg_catalog.stv_mv_info AS
    SELECT NULL::character(128) AS db_name, NULL::character(128) AS schema,
        NULL::character(128) AS name, NULL::bigint AS updated_upto_xid,
        NULL::character(1) AS is_stale, NULL::character(128) AS owner_user_name,
        NULL::integer AS state, NULL::character(1) AS autorewrite, NULL::character(1) AS autorefresh
    WHERE false;

GRANT SELECT ON ALL TABLES IN SCHEMA pg_txn_sandbox TO PUBLIC;
GRANT SELECT ON
    pg_catalog.svv_redshift_databases, pg_catalog.svv_redshift_schemas, pg_catalog.svv_all_schemas,
    pg_catalog.svv_all_tables, pg_catalog.svv_redshift_tables, pg_catalog.svv_tables,
    pg_catalog.svv_columns, pg_catalog.svv_all_columns, pg_catalog.svv_redshift_columns,
    pg_catalog.pg_table_def, pg_catalog.svv_table_info, pg_catalog.svv_external_schemas,
    pg_catalog.svv_external_tables, pg_catalog.svv_external_columns, pg_catalog.svv_mv_info,
    pg_catalog.stv_mv_info
    TO PUBLIC;
