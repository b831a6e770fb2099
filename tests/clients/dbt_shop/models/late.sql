{{ config(materialized='view', bind=False) }}
select count(*) as n from {{ ref('daily') }}
