MODEL (name shop.daily, kind INCREMENTAL_BY_TIME_RANGE (time_column at), audits (not_null(columns := (id))));
SELECT id, at, DATEADD(day, 1, at) AS next FROM shop.events WHERE at BETWEEN @start_ts AND @end_ts
