-- Sequences in these schemas ($1) of which more than four fifths are used up.
select schemaname || '.' || sequencename as name, data_type::text as type,
       (100 * (last_value::numeric / max_value))::bigint as percent,
       format('alter sequence %I.%I as bigint', schemaname, sequencename) as statement
from pg_catalog.pg_sequences
where schemaname = any ($1::text[]) and increment_by > 0 and not cycle
  and last_value::numeric / max_value > 0.8
order by 1
