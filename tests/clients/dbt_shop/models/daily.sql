{{ config(materialized='incremental', unique_key='id', dist='id', sort='at') }}
select id, at, {{ dbt.dateadd('day', 1, 'at') }} as next from {{ ref('events') }}
{% if is_incremental() %} where at >= (select max(at) from {{ this }}) {% endif %}
