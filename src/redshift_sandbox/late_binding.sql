-- Late-binding views. PostgreSQL binds a view to its tables, so a late-binding one is kept as text in
-- late_bound and is a real view whenever its tables exist. A statement that would be refused because
-- of such a view, or that it should not follow, first releases it: the view is dropped, its text
-- kept. After each DDL statement, the views whose tables exist again are created again.

CREATE TABLE pg_txn_sandbox.late_bound (
    schema_name name, view_name name, column_names text, definition text,
    PRIMARY KEY (schema_name, view_name)
);
GRANT ALL ON pg_txn_sandbox.late_bound TO PUBLIC;

CREATE VIEW pg_txn_sandbox.late_bound_oids AS
    SELECT c.oid
    FROM pg_txn_sandbox.late_bound AS l
        JOIN pg_catalog.pg_namespace AS n ON n.nspname = l.schema_name
        JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = l.view_name;

CREATE FUNCTION pg_txn_sandbox.schema_of(qualified text) RETURNS name LANGUAGE sql STABLE AS $$
    SELECT coalesce((parse_ident(qualified))[cardinality(parse_ident(qualified)) - 1],
                    current_schema())::name $$;

CREATE FUNCTION pg_txn_sandbox.name_of(qualified text) RETURNS name LANGUAGE sql STABLE AS $$
    SELECT ((parse_ident(qualified))[cardinality(parse_ident(qualified))])::name $$;

CREATE FUNCTION pg_txn_sandbox.bind() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    late record;
BEGIN
    FOR late IN
        SELECT * FROM pg_txn_sandbox.late_bound
        WHERE to_regclass(format('%I.%I', schema_name, view_name)) IS NULL
    LOOP
        BEGIN
            EXECUTE format('CREATE VIEW %I.%I%s AS %s', late.schema_name, late.view_name,
                           late.column_names, late.definition);
        EXCEPTION
            -- The view cannot be used now, which is no error before it is queried.
            WHEN undefined_table OR undefined_column OR invalid_schema_name OR duplicate_table
                OR undefined_function OR datatype_mismatch THEN NULL;
        END;
    END LOOP;
END $$;

CREATE FUNCTION pg_txn_sandbox.bind_after_ddl() RETURNS event_trigger LANGUAGE plpgsql
    AS $$ BEGIN PERFORM pg_txn_sandbox.bind(); END $$;

CREATE EVENT TRIGGER txn_sandbox_late_binding ON ddl_command_end
    WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'ALTER TABLE', 'CREATE VIEW')
    EXECUTE FUNCTION pg_txn_sandbox.bind_after_ddl();

CREATE FUNCTION pg_txn_sandbox.release(relations oid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    late record;
BEGIN
    FOR late IN
        WITH RECURSIVE dependents (oid, depth) AS (
            SELECT unnest(relations), 0
            UNION
            SELECT r.ev_class, p.depth + 1
            FROM dependents AS p
                JOIN pg_depend AS d ON d.refobjid = p.oid
                    AND d.refclassid = 'pg_class'::regclass AND d.classid = 'pg_rewrite'::regclass
                JOIN pg_rewrite AS r ON r.oid = d.objid AND r.ev_class <> p.oid
        )
        SELECT oid, max(depth) FROM dependents JOIN pg_txn_sandbox.late_bound_oids USING (oid)
        WHERE depth > 0 GROUP BY oid ORDER BY max(depth) DESC
    LOOP
        EXECUTE format('DROP VIEW %s', late.oid::regclass);
    END LOOP;
END $$;

CREATE FUNCTION pg_txn_sandbox.before_change(relations text[]) RETURNS void LANGUAGE sql AS $$
    SELECT pg_txn_sandbox.release(array_agg(to_regclass(name)::oid))
    FROM unnest(relations) AS name $$;

CREATE FUNCTION pg_txn_sandbox.before_drop_schema(schemas text[]) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    names name[] := ARRAY(SELECT pg_txn_sandbox.name_of(given) FROM unnest(schemas) AS given);
BEGIN
    PERFORM pg_txn_sandbox.release(array_agg(c.oid))
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = ANY (names);
    DELETE FROM pg_txn_sandbox.late_bound WHERE schema_name = ANY (names);
END $$;

-- A view that is released must exist to be dropped.
CREATE FUNCTION pg_txn_sandbox.before_drop_view(relations text[]) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    late record;
BEGIN
    PERFORM pg_txn_sandbox.before_change(relations);
    FOR late IN
        DELETE FROM pg_txn_sandbox.late_bound
        WHERE (schema_name, view_name) IN (
            SELECT pg_txn_sandbox.schema_of(name), pg_txn_sandbox.name_of(name)
            FROM unnest(relations) AS name)
        RETURNING *
    LOOP
        IF to_regclass(format('%I.%I', late.schema_name, late.view_name)) IS NULL THEN
            EXECUTE format('CREATE VIEW %I.%I AS SELECT 1', late.schema_name, late.view_name);
        END IF;
    END LOOP;
END $$;

CREATE FUNCTION pg_txn_sandbox.create_late_bound(
    qualified text, replaces boolean, column_names text, definition text
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    in_schema name := pg_txn_sandbox.schema_of(qualified);
    called name := pg_txn_sandbox.name_of(qualified);
    known boolean := to_regclass(format('%I.%I', in_schema, called)) IS NOT NULL
        OR EXISTS (SELECT FROM pg_txn_sandbox.late_bound
                   WHERE (schema_name, view_name) = (in_schema, called));
BEGIN
    IF known AND NOT replaces THEN
        RAISE 'relation "%" already exists', called USING ERRCODE = 'duplicate_table';
    END IF;
    IF to_regnamespace(quote_ident(in_schema)) IS NULL THEN
        RAISE 'schema "%" does not exist', in_schema USING ERRCODE = 'invalid_schema_name';
    END IF;
    IF known THEN
        PERFORM pg_txn_sandbox.before_drop_view(ARRAY[format('%I.%I', in_schema, called)]);
        EXECUTE format('DROP VIEW %I.%I', in_schema, called);
    END IF;
    INSERT INTO pg_txn_sandbox.late_bound VALUES (in_schema, called, column_names, definition);
    PERFORM pg_txn_sandbox.bind();
END $$;
