-- Says of rows that their source rows are gone, and keeps what they were.
with imaged as (
    insert into rehome.before_images (run_id, flow, row_id, legacy_key, move, identity, before)
    select $1, $2, g.row_id, g.legacy_key, 'marked', g.identity, {image}
    from pg_temp.rehome_going g
    join {table} t on t.tableoid = g.part and t.ctid = g.place
    where g.there and (g.same or $3)
    returning row_id
)
update {table} t set {mark} = {value}
from pg_temp.rehome_going g
where t.tableoid = g.part and t.ctid = g.place and g.there and (g.same or $3)
