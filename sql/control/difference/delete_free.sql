-- Deletes those that nobody refers to, with what they were; once more for those that only these referred to.
with free as (
    select g.row_id, g.legacy_key, g.identity, g.part, g.place, {image} as before
    from pg_temp.rehome_going g
    join {table} t on t.tableoid = g.part and t.ctid = g.place
    where g.there and (g.same or $3) and {unreferenced}
),
imaged as (
    insert into rehome.before_images (run_id, flow, row_id, legacy_key, move, identity, before)
    select $1, $2, row_id, legacy_key, 'deleted', identity, before from free
),
gone as (
    delete from {table} t using free where t.tableoid = free.part and t.ctid = free.place
    returning free.row_id
)
select count(*) as gone from gone
