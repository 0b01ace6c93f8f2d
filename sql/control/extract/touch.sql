-- Locks what LOCK TABLE does not take (materialized views, foreign tables) against every change of its shape.
select from {table} limit 0
