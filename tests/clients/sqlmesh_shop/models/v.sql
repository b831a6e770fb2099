MODEL (name shop.v, kind VIEW);
SELECT COUNT(*)::INT AS n FROM shop.daily
