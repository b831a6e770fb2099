select 1 as id, cast('2026-01-01' as timestamp) as at union all select 2, getdate()
