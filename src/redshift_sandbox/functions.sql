-- Functions of Redshift that PostgreSQL lacks, in pg_catalog, which is on every search path.
-- `queries.py` passes the name of a date part, such as DAY in DATEADD(DAY, 1, x), as a string.

CREATE FUNCTION pg_catalog.getdate() RETURNS timestamp LANGUAGE sql STABLE
    AS $$ SELECT statement_timestamp() AT TIME ZONE 'UTC' $$;

CREATE FUNCTION pg_catalog.sysdate() RETURNS timestamp LANGUAGE sql STABLE
    AS $$ SELECT transaction_timestamp() AT TIME ZONE 'UTC' $$;

CREATE FUNCTION pg_catalog.dateadd(part text, amount bigint, moment timestamp) RETURNS timestamp
    LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT moment + CASE part
        WHEN 'quarter' THEN make_interval(months => amount::int * 3)
        ELSE (amount || ' ' || part)::interval END $$;

CREATE FUNCTION pg_catalog.dateadd(part text, amount bigint, moment timestamptz)
    RETURNS timestamptz LANGUAGE sql STABLE STRICT
    AS $$ SELECT dateadd(part, amount, moment AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' $$;

-- Without it, PostgreSQL would take a date for a timestamptz.
CREATE FUNCTION pg_catalog.dateadd(part text, amount bigint, moment date) RETURNS timestamp
    LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT dateadd(part, amount, moment::timestamp) $$;

-- A string is a timestamp here, as in Redshift; PostgreSQL would take it for a timestamptz.
CREATE FUNCTION pg_catalog.dateadd(part text, amount bigint, moment text) RETURNS timestamp
    LANGUAGE sql STABLE STRICT AS $$ SELECT dateadd(part, amount, moment::timestamp) $$;

-- The number of boundaries between two moments.
CREATE FUNCTION pg_catalog.datediff(part text, earlier timestamp, later timestamp) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT CASE part
        WHEN 'millennium' THEN extract(millennium FROM later) - extract(millennium FROM earlier)
        WHEN 'century' THEN extract(century FROM later) - extract(century FROM earlier)
        WHEN 'decade' THEN extract(decade FROM later) - extract(decade FROM earlier)
        WHEN 'year' THEN extract(year FROM later) - extract(year FROM earlier)
        WHEN 'quarter' THEN (extract(year FROM later) - extract(year FROM earlier)) * 4
            + extract(quarter FROM later) - extract(quarter FROM earlier)
        WHEN 'month' THEN (extract(year FROM later) - extract(year FROM earlier)) * 12
            + extract(month FROM later) - extract(month FROM earlier)
        -- Redshift's week begins on Sunday here.
        WHEN 'week' THEN floor((later::date - '1970-01-04'::date) / 7.0)
            - floor((earlier::date - '1970-01-04'::date) / 7.0)
        WHEN 'day' THEN later::date - earlier::date
        WHEN 'hour' THEN extract(epoch FROM date_trunc('hour', later)
            - date_trunc('hour', earlier)) / 3600
        WHEN 'minute' THEN extract(epoch FROM date_trunc('minute', later)
            - date_trunc('minute', earlier)) / 60
        WHEN 'second' THEN extract(epoch FROM date_trunc('second', later)
            - date_trunc('second', earlier))
        WHEN 'millisecond' THEN extract(epoch FROM date_trunc('milliseconds', later)
            - date_trunc('milliseconds', earlier)) * 1000
        ELSE extract(epoch FROM later - earlier) * 1000000
    END::bigint $$;

CREATE FUNCTION pg_catalog.datediff(part text, earlier timestamptz, later timestamptz)
    RETURNS bigint LANGUAGE sql STABLE STRICT
    AS $$ SELECT datediff(part, earlier AT TIME ZONE 'UTC', later AT TIME ZONE 'UTC') $$;

CREATE FUNCTION pg_catalog.datediff(part text, earlier date, later date) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT datediff(part, earlier::timestamp, later::timestamp) $$;

CREATE FUNCTION pg_catalog.add_months(moment timestamp, months bigint) RETURNS timestamp
    LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT CASE
        -- The last day of a month stays the last day.
        WHEN moment::date = (date_trunc('month', moment) + interval '1 month - 1 day')::date
        THEN date_trunc('month', moment) + make_interval(months => months::int + 1, days => -1)
            + (moment - date_trunc('day', moment))
        ELSE moment + make_interval(months => months::int) END $$;

CREATE FUNCTION pg_catalog.last_day(moment timestamp) RETURNS date LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT (date_trunc('month', moment) + interval '1 month - 1 day')::date $$;

CREATE FUNCTION pg_catalog.trunc(moment timestamp) RETURNS date LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT moment::date $$;

CREATE FUNCTION pg_catalog.convert_timezone(target text, moment timestamp) RETURNS timestamp
    LANGUAGE sql STABLE STRICT AS $$ SELECT moment AT TIME ZONE 'UTC' AT TIME ZONE target $$;

CREATE FUNCTION pg_catalog.convert_timezone(source text, target text, moment timestamp)
    RETURNS timestamp LANGUAGE sql STABLE STRICT
    AS $$ SELECT moment AT TIME ZONE source AT TIME ZONE target $$;

CREATE FUNCTION pg_catalog.len(content text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT length(content) $$;

CREATE FUNCTION pg_catalog.charindex(part text, content text) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT strpos(content, part) $$;

CREATE FUNCTION pg_catalog.replicate(content text, times integer) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT repeat(content, times) $$;

CREATE FUNCTION pg_catalog.sha2(content text, bits integer) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT encode(CASE bits
        WHEN 224 THEN sha224(convert_to(content, 'UTF8'))
        WHEN 384 THEN sha384(convert_to(content, 'UTF8'))
        WHEN 512 THEN sha512(convert_to(content, 'UTF8'))
        ELSE sha256(convert_to(content, 'UTF8')) END, 'hex') $$;

CREATE FUNCTION pg_catalog.json_extract_path_text(document text, VARIADIC path text[])
    RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT document::json #>> path $$;

CREATE FUNCTION pg_catalog.json_parse(document text) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT document::jsonb $$;

CREATE FUNCTION pg_catalog.is_valid_json(document text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT document IS JSON $$;
